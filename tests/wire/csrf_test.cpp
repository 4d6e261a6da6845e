// Contract 3.9: cross-site request forgery.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

constexpr std::string_view wrong_token =
    "Something is wrong with your CSRF token. Please refresh the page. If this error persists, try clearing "
    "your cookies.";
constexpr std::string_view mismatch =
    "CSRF error encountered. Authentication via \"coder_session_token\" cookie and \"Coder-Session-Token\" "
    "header detected, but the values do not match. To resolve this issue ensure the values used in both "
    "match, "
    "or only use one of the authentication methods. You can also try clearing your cookies if this error "
    "persists.";

std::pair<std::string, std::string> session_cookie(const std::string& token)
{
    return {"Cookie", "coder_session_token=" + token};
}

http_answer create(wire_fixture& wire, header_list headers, const std::string& query = {})
{
    return wire.call("POST", tokens_path("me") + query, {}, "{}", std::move(headers));
}

void check_refused(const http_answer& answer, std::string_view text)
{
    CHECK(answer.status == 400);
    CHECK(answer.header("content-type").starts_with("text/plain"));
    CHECK(contains(answer.body, text));
}

// The value of the csrf_token cookie the server sets.
std::string issued_csrf_token(const http_answer& answer)
{
    for (const auto& [name, value] : answer.headers)
        if (name == "set-cookie" && value.starts_with("csrf_token="))
            return value.substr(11, value.find(';') - 11);
    return {};
}

} // namespace

TEST_CASE("a change proven by the cookie alone is refused", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    check_refused(create(wire, {session_cookie(wire.member.token)}), wrong_token);
    check_refused(create(wire, {session_cookie(wire.member.token), {"X-CSRF-TOKEN", "guess"}}), wrong_token);
}

TEST_CASE("the cookie alone is refused before the route is looked up", "[wire][csrf]") // the order of 3.9
{
    wire_fixture& wire = any_wire();
    const header_list cookie{session_cookie(wire.member.token)};
    check_refused(wire.call("POST", "/api/v2/nowhere", {}, "{}", cookie), wrong_token);
    check_refused(wire.call("DELETE", tokens_path("me"), {}, {}, cookie), wrong_token);
    CHECK(wire.call("POST", "/api/v2/csp/reports", {}, "{}", cookie).status == 404); // exempt
    CHECK(wire.call("GET", "/api/v2/nowhere", {}, {}, cookie).status == 404);
}

TEST_CASE("a change is allowed when cookie and header or query agree, or with a bearer", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    CHECK(create(wire, {session_cookie(token), {"Coder-Session-Token", token}}).status == 201);
    CHECK(create(wire, {session_cookie(token)}, "?coder_session_token=" + token).status == 201);
    CHECK(create(wire, {session_cookie(token), {"Authorization", "Bearer " + token}}).status == 201);
}

TEST_CASE("a cookie and a header that differ have their own message", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    check_refused(
        create(wire, {session_cookie(wire.member.token), {"Coder-Session-Token", wire.owner.token}}),
        mismatch);
}

TEST_CASE("reading needs no proof, nor does a caller without the cookie", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    CHECK(wire.call("GET", tokens_path("me"), {}, {}, {session_cookie(token)}).status == 200);
    CHECK(wire.call("HEAD", tokens_path("me"), {}, {}, {session_cookie(token)}).status == 200);
    CHECK(create(wire, {{"Coder-Session-Token", token}}).status == 201);
    CHECK(create(wire, {}, "?coder_session_token=" + token).status == 201);
}

TEST_CASE("the first user may be created with a stale cookie", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    const http_answer answer = wire.call("POST", "/api/v2/users/first", {}, "{}", {session_cookie("stale")});
    CHECK(answer.status == 400);
    CHECK(text(parsed(answer), "message") == validation_failed);
}

TEST_CASE("the token of the csrf cookie is accepted, for its own session only", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    const http_answer read = wire.call("GET", "/api/v2/users/me", {}, {}, {session_cookie(token)});
    const std::string csrf = issued_csrf_token(read);
    REQUIRE_FALSE(csrf.empty());

    CHECK(create(wire, {session_cookie(token), {"X-CSRF-TOKEN", csrf}}).status == 201);
    check_refused(create(wire, {session_cookie(wire.owner.token), {"X-CSRF-TOKEN", csrf}}), wrong_token);
}

TEST_CASE("the csrf cookie is HttpOnly, Lax and for the whole site", "[wire][csrf]")
{
    wire_fixture& wire = any_wire();
    const http_answer read =
        wire.call("GET", "/api/v2/users/me", {}, {}, {session_cookie(wire.member.token)});
    std::string line;
    for (const auto& [name, value] : read.headers)
        if (name == "set-cookie" && value.starts_with("csrf_token=")) line = value;
    CHECK(contains(line, "; Path=/"));
    CHECK(contains(line, "; HttpOnly"));
    CHECK(contains(line, "; SameSite=Lax"));
}
