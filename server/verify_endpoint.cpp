#include "server/verify_endpoint.hpp"

#include "auth/time_text.hpp"
#include "auth/verification_recorder.hpp"
#include "server/client_address.hpp"
#include "server/credential.hpp"
#include "server/demanded_rights.hpp"
#include "server/guess_limit.hpp"
#include "server/head_writer.hpp"
#include "server/path.hpp"
#include "server/verify_mode.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace latchkey {
namespace {

// Room for the whole catalogue of scopes; with the rest of the head still within the 4 KiB that gateways
// hold for one by default.
constexpr std::size_t max_scopes_length = 2048;
constexpr std::size_t max_username_length = 64; // twice what contract 4.4 lets anybody take

// Every answer has all of them (security.md 20): a header that we left out would let the client's own
// through at gateways that only overwrite.
constexpr std::string_view no_identity = "X-Latchkey-User-Id: \r\n"
                                         "X-Latchkey-Username: \r\n"
                                         "X-Latchkey-Key-Id: \r\n"
                                         "X-Latchkey-Scopes: \r\n"
                                         "X-Latchkey-Expires-At: \r\n"
                                         "Cache-Control: no-store\r\n";

// Envoy takes these off the request before it goes upstream, so that the service behind never sees the
// credential (security.md 30). The two headers always, since either may hold a token that lost to another
// source; cookies only when the token came in one, because a service behind may need its own. A token in
// the query cannot be taken off by name: operators who care do not use that form (ASVS 14.2.1).
constexpr std::string_view strip_headers =
    "x-envoy-auth-headers-to-remove: authorization,coder-session-token\r\n";
constexpr std::string_view strip_headers_and_cookie =
    "x-envoy-auth-headers-to-remove: authorization,coder-session-token,cookie\r\n";

// One body for every 401: which part of a token was wrong is nobody's business here.
constexpr std::string_view unauthenticated_body =
    "{\"message\":\"You are signed out or your session has expired. Please sign in again to continue.\"}\n";
constexpr std::string_view forbidden_body =
    "{\"message\":\"The token is good but does not carry the rights that were asked for.\"}\n";
constexpr std::string_view unavailable_body =
    "{\"message\":\"Latchkey cannot reach its storage. Please try again.\"}\n";
constexpr std::string_view guessing_body =
    "{\"message\":\"Too many bad tokens came from this address. Please try again later.\"}\n";
constexpr std::string_view bad_path_body = "{\"message\":\"Invalid path.\"}\n";

// RFC 6750 3 and 3.1: no error code where no credential was sent.
constexpr std::string_view bare_challenge = "Bearer realm=\"coder\"";
constexpr std::string_view invalid_token = "Bearer realm=\"coder\", error=\"invalid_token\"";
constexpr std::string_view invalid_request = "Bearer realm=\"coder\", error=\"invalid_request\"";

// Views into the store's record, or into a copy.
struct identity {
    const key_facts& key;
    const uuid& owner;
    std::string_view username;
};

// Names and scopes are checked when they are stored; this is for a database that somebody edited.
// Cut between two scopes: fewer than there are is the harmless side to err on.
void write_scopes(head_writer& head, std::span<const std::string> scopes) noexcept
{
    std::size_t room = max_scopes_length;
    for (const std::string& scope : scopes) {
        if (1 + scope.size() > room) return;
        if (room != max_scopes_length) head.write(" ");
        head.write_value(scope);
        room -= 1 + scope.size();
    }
}

void write_identity(head_writer& head, const identity& who, credential_source source)
{
    head.write("X-Latchkey-User-Id: ");
    head.write(who.owner);
    head.write("\r\nX-Latchkey-Username: ");
    head.write_value(who.username.substr(0, max_username_length));
    head.write("\r\nX-Latchkey-Key-Id: ");
    head.write(who.key.id.view());
    head.write("\r\nX-Latchkey-Scopes: ");
    write_scopes(head, who.key.rights->scopes);
    head.write("\r\nX-Latchkey-Expires-At: ");
    head.write(to_rfc3339(who.key.expires_at).view());
    head.write("\r\nCache-Control: no-store\r\n");
    head.write(source == credential_source::cookie ? strip_headers_and_cookie : strip_headers);
}

// As append_response would, without making a `response` first.
void append_accepted(
    output_buffer& out, const request& asked, const identity& who, credential_source source, bool keep_alive)
{
    head_writer head;
    head.write("HTTP/1.1 200 OK\r\n");
    head.write(common_header_lines());
    head.write("X-Coder-Request-Id: ");
    head.write(asked.id);
    head.write("\r\nContent-Length: 0\r\n");
    write_connection_line(head, asked, keep_alive);
    write_identity(head, who, source);
    head.write("\r\n");
    out.append(head.view());
}

// The reason says no more than status and challenge of the rich mode do.
response refused_with(unsigned status, std::string_view reason, std::string_view body)
{
    response answer;
    answer.status = status;
    answer.headers = no_identity;
    answer.add_header("X-Latchkey-Reason", reason);
    answer.body = body;
    return answer;
}

response unauthenticated(std::string_view reason, std::string_view challenge)
{
    response answer = refused_with(401, reason, unauthenticated_body);
    answer.add_header("WWW-Authenticate", challenge);
    return answer;
}

response insufficient(const missing_right& missing)
{
    response answer = refused_with(403, "insufficient_scope", forbidden_body);
    std::string challenge = "Bearer realm=\"coder\", error=\"insufficient_scope\"";
    if (missing.what() == missing_right::kind::object) {
        challenge += ", error_description=\"The token's allow list does not cover the object\"";
    } else if (!missing.name().empty()) {
        challenge.append(", scope=\"").append(missing.name()).append("\"");
    }
    answer.add_header("WWW-Authenticate", challenge);
    return answer;
}

response refused_for(verdict what)
{
    if (what != verdict::unavailable) return unauthenticated("invalid_token", invalid_token);
    response answer = refused_with(503, "unavailable", unavailable_body);
    answer.add_header("Retry-After", "1");
    return answer;
}

response refused_to_guess(const rate_decision& counted)
{
    response answer = refused_with(429, "rate_limited", guessing_body);
    answer.add_header("Retry-After", std::to_string(counted.retry_after.count()));
    return answer;
}

verification_outcome outcome_of(verdict what, bool is_refused) noexcept
{
    if (what == verdict::unavailable) return verification_outcome::unavailable;
    if (what != verdict::accepted) return verification_outcome::refused;
    return is_refused ? verification_outcome::insufficient : verification_outcome::accepted;
}

} // namespace

bool verify_endpoint::serves(std::string_view raw_path) noexcept
{
    constexpr std::string_view name = "verify";
    raw_path.remove_prefix(std::min(raw_path.find_first_not_of('/'), raw_path.size()));
    return raw_path.starts_with(name) && (raw_path.size() == name.size() || raw_path[name.size()] == '/');
}

bool verify_endpoint::answer_from_memory(const request& asked, output_buffer& out, bool keep_alive)
{
    if (asked.found) return answer_from_memory(asked, asked.found, out, keep_alive);
    const credential found = find_credential(asked, use_.web.cookie);
    if (const auto refused = refused_at_sight(asked, found)) {
        counts_.count(verification_outcome::no_token);
        append_response(out, asked, *refused, keep_alive);
        return true;
    }
    const sent_token token{found.source(), found.token()};
    if (found.is_as_sent()) asked.found = token;
    return answer_from_memory(asked, token, out, keep_alive);
}

bool verify_endpoint::answer_from_memory(const request& asked,
                                         const sent_token& token,
                                         output_buffer& out,
                                         bool keep_alive)
{
    const verification checked = use_.tokens.verify(token.text, asked.least_revision);
    if (checked.what == verdict::ask) return false;
    const key_facts* key = checked.found.key;
    const std::optional<response> refused = refused_after(asked, checked.what, key);
    counts_.count(outcome_of(checked.what, refused.has_value()));
    record(asked, checked.what, refused ? refused->status : 200, key, checked.found.owner);
    if (refused) {
        append_response(out, asked, *refused, keep_alive);
    } else {
        const identity who{*key, checked.found.owner.id, checked.found.owner.username};
        append_accepted(out, asked, who, token.source, keep_alive);
    }
    return true;
}

task<response> verify_endpoint::answer_by_asking(const request& asked)
{
    const credential found = find_credential(asked, use_.web.cookie);
    if (auto refused = refused_at_sight(asked, found)) { // not after answer_from_memory
        counts_.count(verification_outcome::no_token);
        co_return std::move(*refused);
    }

    const auto began = std::chrono::steady_clock::now();
    auto asking = use_.tokens.verify_by_asking(found.token());
    const verifier::asked checked = co_await std::move(asking);
    counts_.asked_verifications.count(std::chrono::steady_clock::now() - began);
    co_return answer_after(asked, checked, found.source());
}

response verify_endpoint::answer_after(const request& asked,
                                       const verifier::asked& checked,
                                       credential_source source) const
{
    const owner_view owner = checked.found.owner.view();
    const key_facts* key = checked.found.key.rights ? &checked.found.key : nullptr;
    auto refused = refused_after(asked, checked.what, key);
    counts_.count(outcome_of(checked.what, refused.has_value()));
    record(asked, checked.what, refused ? refused->status : 200, key, owner);
    if (refused) return std::move(*refused);

    response answer;
    head_writer identified;
    write_identity(identified, {*key, owner.id, owner.username}, source);
    answer.headers = identified.view();
    return answer;
}

// What can be said before any token is looked at.
std::optional<response> verify_endpoint::refused_at_sight(const request& asked, const credential& found) const
{
    if (has_dot_segment(asked.path)) return in_mode_of(asked, refused_with(400, "bad_path", bad_path_body));
    if (asked.authorization_repeated) return unauthenticated("invalid_request", invalid_request);
    if (!found) return unauthenticated("no_token", bare_challenge);
    return std::nullopt;
}

// Nothing when the key is good and carries what is demanded.
std::optional<response>
verify_endpoint::refused_after(const request& asked, verdict what, const key_facts* key) const
{
    if (what == verdict::accepted) {
        if (const auto missing = find_missing_right(asked.query, *key->rights)) return insufficient(*missing);
        return std::nullopt;
    }
    if (is_guess(what)) {
        const rate_subject guesser{client_address(asked, use_.web.trusted_proxies)};
        const rate_decision counted = count_guess(use_.limits, guesser);
        if (counted.refused) return in_mode_of(asked, refused_to_guess(counted));
    }
    return in_mode_of(asked, refused_for(what));
}

response verify_endpoint::in_mode_of(const request& asked, response refused) const
{
    const bool is_for_all = refused.status == 401 || refused.status == 403;
    if (!is_for_all && mode_of(asked, use_.web.verification) == verify_mode::strict) refused.status = 403;
    return refused;
}

void verify_endpoint::record(
    const request& asked, verdict what, unsigned status, const key_facts* key, const owner_view& owner) const
{
    if (!use_.verifications.wants(status != 200)) return;
    const std::string address = address_text(client_address(asked, use_.web.trusted_proxies));
    use_.verifications.record(
        shard_, {what, status, key, owner, asked.id, address, asked.user_agent, asked.trace.trace_id});
}

} // namespace latchkey
