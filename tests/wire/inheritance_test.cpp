// Contract 1.3 and A3: a key never makes one that may do more than itself.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

// Enough to create keys at all: without user read nobody is resolved (6.3).
constexpr std::string_view narrow = R"({"scopes":["api_key:*","user:read"],"lifetime":7200000000000})";

void check_exceeds(const http_answer& answer, std::string_view what)
{
    CHECK(answer.status == 403);
    const auto body = parsed(answer);
    CHECK(text(body, "message") == create_failed);
    CHECK(contains(text(body, "detail"), "exceeds the creating API key: "));
    CHECK(contains(text(body, "detail"), what));
}

} // namespace

TEST_CASE("a request that names no scopes inherits those of the creating key", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, narrow);

    const auto child = key_of(wire, wire.member, wire.new_token_by(parent, "{}"));

    CHECK(texts(child, "scopes") == std::vector<std::string>{"api_key:*", "user:read"});
    CHECK(texts(child, "allow_list") == std::vector<std::string>{"*:*"});
}

TEST_CASE("a subset of the creating key's scopes may be asked for", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, narrow);

    const auto child = key_of(wire, wire.member, wire.new_token_by(parent, R"({"scopes":["api_key:read"]})"));

    CHECK(texts(child, "scopes") == std::vector<std::string>{"api_key:read"});
}

TEST_CASE("scopes beyond the creating key's are refused, never narrowed", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, narrow);

    for (const std::string_view wider : {"coder:all", "all", "workspace:read", "user:read_personal"}) {
        CAPTURE(wider);
        const std::string body = std::string{R"({"scopes":["api_key:read",")"}.append(wider).append("\"]}");
        check_exceeds(wire.post(tokens_path("me"), parent, body), "is not among its scopes [");
    }
    check_exceeds(wire.post(tokens_path("me"), parent, R"({"scope":"all"})"),
                  "scope \"coder:all\" is not among");

    const auto refused = parsed(wire.post(tokens_path("me"), parent, R"({"scopes":["workspace:read"]})"));
    CHECK(text(refused, "detail") == "exceeds the creating API key: scope \"workspace:read\" is not among "
                                     "its scopes [api_key:* user:read]; "
                                     "request a subset, or authenticate with a key that holds it");
}

TEST_CASE("a wildcard is covered only by a wildcard", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(
        wire.member,
        R"({"scopes":["api_key:read","api_key:create","api_key:update","api_key:delete","user:read"]})");

    check_exceeds(wire.post(tokens_path("me"), parent, R"({"scopes":["api_key:*"]})"), "api_key:*");
    CHECK(wire.post(tokens_path("me"), parent, R"({"scopes":["coder:apikeys.manage_self"]})").status == 201);
}

TEST_CASE("an allow list beyond the creating key's is refused, and inherited when none is asked for",
          "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(
        wire.member,
        R"({"scopes":["api_key:*","user:read","workspace:read"],"allow_list":["api_key:*","user:*"]})");

    const auto child = key_of(wire, wire.member, wire.new_token_by(parent, R"({"scopes":["api_key:read"]})"));
    CHECK(texts(child, "allow_list") == std::vector<std::string>{"api_key:*", "user:*"});

    check_exceeds(wire.post(tokens_path("me"), parent, R"({"allow_list":["*:*"]})"),
                  "allow list entry \"*:*\" is not covered by its allow list [");
    check_exceeds(wire.post(tokens_path("me"), parent, R"({"allow_list":["workspace:*"]})"),
                  "allow list entry \"workspace:*\" is not covered");
    CHECK(wire.post(tokens_path("me"),
                    parent,
                    R"({"allow_list":["user:11111111-2222-4333-8444-555555555555"]})")
              .status == 201);
}

TEST_CASE("a restricted creating key caps the expiry of what it makes at its own", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, narrow);
    const auto parent_expiry = instant(key_of(wire, wire.member, parent), "expires_at");

    const auto longer =
        key_of(wire, wire.member, wire.new_token_by(parent, R"({"lifetime":86400000000000})"));
    CHECK(instant(longer, "expires_at") == parent_expiry);
    const auto standard = key_of(wire, wire.member, wire.new_token_by(parent, "{}"));
    CHECK(instant(standard, "expires_at") == parent_expiry);
    const auto shorter = key_of(wire, wire.member, wire.new_token_by(parent, R"({"lifetime":60000000000})"));
    CHECK(instant(shorter, "expires_at") < parent_expiry);
}

TEST_CASE("a session key made by a restricted token is a token with the same limits", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, narrow);

    const http_answer created = wire.post(keys_path("me"), parent, "");

    REQUIRE(created.status == 201);
    const auto child = key_of(wire, wire.member, text(parsed(created), "key"));
    CHECK(text(child, "login_type") == "token");
    CHECK_FALSE(text(child, "token_name").empty());
    CHECK(texts(child, "scopes") == std::vector<std::string>{"api_key:*", "user:read"});
    CHECK(instant(child, "expires_at") <= instant(key_of(wire, wire.member, parent), "expires_at"));
}

TEST_CASE("an unrestricted token makes keys that outlive it", "[wire][inheritance]")
{
    wire_fixture& wire = any_wire();
    const std::string parent = wire.new_token(wire.member, R"({"lifetime":60000000000})");

    const auto child = key_of(wire, wire.member, wire.new_token_by(parent, R"({"lifetime":7200000000000})"));

    CHECK(child.at("lifetime_seconds").as_int64() == 7200);
}
