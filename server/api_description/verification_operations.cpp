// Verification, for every kind of caller (README, "Behind a gateway").
#include "server/api_description/operations.hpp"
#include "server/handlers/handlers.hpp"

namespace latchkey::described {
namespace {

// TRACE is left out: clients that send no TRACE are the rule, and no gateway forwards one.
constexpr verify_operation verify_methods[] = {
    {"get", "verify", "verifyBelow"},
    {"head", "verifyHead", "verifyHeadBelow"},
    {"post", "verifyPost", "verifyPostBelow"},
    {"put", "verifyPut", "verifyPutBelow"},
    {"patch", "verifyPatch", "verifyPatchBelow"},
    {"delete", "verifyDelete", "verifyDeleteBelow"},
    {"options", "verifyOptions", "verifyOptionsBelow"},
};

} // namespace

std::span<const verify_operation> verify_operations() noexcept
{
    return verify_methods;
}

const operation verify{
    .id = "verify",
    .tag = tags::verification,
    .summary = "Is the token of this request good, and does it carry these rights?",
    .details =
        "For gateways, with any method and any path behind /verify, which is not looked at. Decided from "
        "the head alone. Every answer has all `X-Latchkey-*` identity headers, empty where there is no "
        "identity. In strict mode all refusals but 401 are 403, and a 403 has no challenge unless a right "
        "is missing.",
    .query = {{"scope",
               "A scope that the token must have; may be repeated.",
               R"({"type":"array","items":{"type":"string"}})"},
              {"allow",
               "An object `type:id` that its allow list must cover; may be repeated.",
               R"({"type":"array","items":{"type":"string"}})"},
              {"mode",
               "How refusals are told; without it `--verify-mode` says. Not looked at below /verify.",
               R"({"type":"string","enum":["rich","strict"]})"}},
    .replies = {{200, "The token is good and has the rights. The headers say whose it is."},
                {400, "The path has dot segments.", "Message"},
                {401, "No token, or a bad one; why is told to nobody.", "Message"},
                {403,
                 "A right is missing; in strict mode also what is 400, 429 or 503 otherwise.",
                 "Message"},
                {429, "Too many bad tokens came from this address.", "Message"},
                {503, "The store cannot be asked.", "Message"}},
};

const operation verify_batch{
    .run = handlers::verify_batch,
    .id = "verifyTokens",
    .tag = tags::verification,
    .summary = "Are these tokens good?",
    .details = "For up to 1,000 tokens, answered in their order. To hold a token is all it takes, as on "
               "/verify, and "
               "each counts as a use.",
    .body = "VerifyTokensRequest",
    .may_lack_store = true,
    .replies = {{200, "A result for each token.", "VerifyTokensReply"},
                {429, "It holds bad tokens, and too many came from this address.", "Error"}},
};

const operation introspect{
    .run = handlers::introspect,
    .id = "introspectToken",
    .tag = tags::verification,
    .summary = "Introspect a token (RFC 7662)",
    .details =
        "The caller proves itself as everywhere and must be allowed to read the token. The token that is "
        "asked about comes in the form alone.",
    .body = "IntrospectionRequest",
    .coding = request_coding::form,
    .replies = {{200, "What the token is, or that it is not active.", "Introspection"},
                {400, "No token was named.", "OAuthError"},
                {403, "Not allowed.", "Error"}},
};

const operation revoke{
    .run = handlers::revoke,
    .id = "revokeToken",
    .tag = tags::verification,
    .summary = "Revoke a token by holding it (RFC 7009)",
    .details = "Who holds a token may end it. Answered alike whether there was such a token or not.",
    .body = "RevocationRequest",
    .coding = request_coding::form,
    .may_lack_store = true,
    .tells_revision = true,
    .replies = {{200, "There is no such token any more."}, {400, "No token was named.", "OAuthError"}},
};

const operation list_scopes{
    .run = handlers::list_scopes,
    .id = "listScopes",
    .tag = tags::verification,
    .summary = "The scopes that tokens may have",
    .replies = {{200, "Their names, sorted.", "ScopeList"}},
};

const operation check_authorisation{
    .run = handlers::check_authorisation,
    .id = "checkAuthorization",
    .tag = tags::verification,
    .summary = "May I?",
    .details = "Answers each named check for the calling token, at most ten of them by resource_id.",
    .body = "AuthorizationRequest",
    .replies = {{200, "Yes or no to each check, by its name.", "AuthorizationReply"}},
};

} // namespace latchkey::described
