#include "server/csrf.hpp"
#include "server/handlers/handlers.hpp"
#include "tests/server/web_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

web_fixture_settings with_limits(unsigned api, unsigned login)
{
    web_fixture_settings settings;
    settings.limits.api = api;
    settings.limits.login = login;
    return settings;
}

std::string token_for(web_fixture& web, std::string name, role_set roles = {})
{
    return web.auth.token_of(web.auth.add(std::move(name), roles), unrestricted_rights());
}

} // namespace

TEST_CASE("a path that no route has is told so in JSON, below the API and elsewhere", "[server][middleware]")
{
    web_fixture web;
    for (const char* path : {"/api/v2/nothing", "/assets/nothing", "/nothing"}) {
        CAPTURE(path);
        const seen_answer answer = web.ask(asking(get, path));
        CHECK(answer.status == 404);
        CHECK(answer.body == "{\"message\":\"Route not found.\"}\n");
    }
}

TEST_CASE("a wrong method gets an empty 405 that names the right ones", "[server][middleware]")
{
    web_fixture web;

    const seen_answer answer = web.ask(asking(http::verb::patch, "/api/v2/users"));

    CHECK(answer.status == 405);
    CHECK(answer.body.empty());
    CHECK(answer.header("allow") == "GET, HEAD, POST");
}

TEST_CASE("a path with dot segments is refused before it is routed", "[server][middleware]")
{
    web_fixture web;
    for (const char* path : {"/api/v2/../v2/buildinfo", "/api/v2/%2e%2e/buildinfo", "/healthz/.", "/a%zz"}) {
        CAPTURE(path);
        CHECK(web.ask(asking(get, path)).status == 400);
    }
    CHECK(web.ask(asking(get, "//healthz")).body == "OK");
}

TEST_CASE("a route that needs a caller refuses a request without one, and says how to be one",
          "[server][middleware]")
{
    web_fixture web;

    const seen_answer answer = web.ask(asking(get, "/api/v2/users/me"));

    CHECK(answer.status == 401);
    CHECK(answer.body.find("\"detail\":\"Cookie \\\"coder_session_token\\\" or query parameter must be "
                           "provided.\"") != std::string::npos);
    CHECK(answer.header("www-authenticate").starts_with("Bearer realm=\"coder\", error=\"invalid_token\""));
    CHECK(answer.header("cache-control") == "no-store");
}

TEST_CASE("a bad credential is refused with its reason, and open routes do not mind it",
          "[server][middleware]")
{
    web_fixture web;

    const seen_answer refused = web.ask(asking(get, "/api/v2/users/me", "short"));
    CHECK(refused.status == 401);
    CHECK(refused.body.find("expected 2 got 1") != std::string::npos);

    CHECK(web.ask(asking(get, "/api/v2/buildinfo", "short")).status == 200);
}

TEST_CASE("a credential that is bad is not replaced by a good one that comes later", "[server][middleware]")
{
    web_fixture web;
    const std::string token = token_for(web, "alice");
    request asked = asking(get, "/api/v2/users/me", token);
    REQUIRE(web.ask(asked).status == 200);

    asked.cookie = "coder_session_token=bad";

    CHECK(web.ask(asked).status == 401);
}

TEST_CASE("two Authorization lines are an invalid request", "[server][middleware]")
{
    web_fixture web;
    request asked = asking(get, "/api/v2/users/me");
    const std::string authorization = "Bearer " + token_for(web, "alice");
    asked.authorization = authorization;
    REQUIRE(web.ask(asked).status == 200);

    asked.authorization_repeated = true;

    CHECK(web.ask(asked).status == 400);
}

TEST_CASE("the user of a path is found by me, by id and by name, and others are as if they were not there",
          "[server][middleware]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const user bob = web.auth.add("bob");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());

    for (const std::string& text :
         {std::string{"me"}, std::string{"ALICE"}, to_string(alice.id), std::string{"%61lice"}}) {
        CAPTURE(text);
        const std::string path = "/api/v2/users/" + text;
        const seen_answer answer = web.ask(asking(get, path, token));
        CHECK(answer.status == 200);
        CHECK(answer.body.find("\"username\":\"alice\"") != std::string::npos);
    }
    for (const std::string& text : {std::string{"bob"}, to_string(bob.id), std::string{"nobody"}}) {
        CAPTURE(text);
        const std::string path = "/api/v2/users/" + text;
        CHECK(web.ask(asking(get, path, token)).status == 404);
    }
}

TEST_CASE("each counted answer says how much is left, and the one past the limit is refused",
          "[server][middleware]")
{
    web_fixture web{with_limits(3, 2)};
    const std::string token = token_for(web, "alice");
    const request asked = asking(get, "/api/v2/users/me", token);

    for (const char* left : {"2", "1", "0"}) {
        const seen_answer answer = web.ask(asked);
        CHECK(answer.status == 200);
        CHECK(answer.header("x-ratelimit-limit") == "3");
        CHECK(answer.header("x-ratelimit-remaining") == left);
        CHECK_FALSE(answer.header("x-ratelimit-reset").empty());
        CHECK(answer.count("retry-after") == 0);
    }
    const seen_answer refused = web.ask(asked);

    CHECK(refused.status == 429);
    CHECK(refused.body ==
          "{\"message\":\"You've been rate limited for sending more than 3 requests in 1m0s.\"}\n");
    CHECK(refused.header("x-ratelimit-remaining") == "0");
    CHECK_FALSE(refused.header("retry-after").empty());
    CHECK(web.ask(asking(get, "/healthz")).count("x-ratelimit-limit") == 0);
}

TEST_CASE("proven callers are counted by who they are, others by where they come from",
          "[server][middleware]")
{
    web_fixture web{with_limits(1, 1)};
    const std::string alice = token_for(web, "alice");
    const std::string bob = token_for(web, "bob");

    CHECK(web.ask(asking(get, "/api/v2/users/me", alice)).status == 200);
    CHECK(web.ask(asking(get, "/api/v2/users/me", bob)).status == 200);
    CHECK(web.ask(asking(get, "/api/v2/users/me", alice)).status == 429);

    request elsewhere = asking(get, "/api/v2/users/me");
    CHECK(web.ask(elsewhere).status == 401);
    CHECK(web.ask(elsewhere).status == 429);
    elsewhere.peer = asio::ip::make_address("192.0.2.2");
    CHECK(web.ask(elsewhere).status == 401);
}

TEST_CASE("spelling a path in another way does not open a new count of passwords", "[server][middleware]")
{
    web_fixture web{with_limits(512, 2)};
    const std::string token = token_for(web, "alice");

    CHECK(web.ask(asking(http::verb::put, "/api/v2/users/me/password", token)).status == 400);
    CHECK(web.ask(asking(http::verb::put, "/api/v2/users/%6de/password/", token)).status == 400);
    CHECK(web.ask(asking(http::verb::put, "/api/v2/users/alice/password", token)).status == 429);
}

TEST_CASE("owners may bypass the limit, anybody else is told that he may not", "[server][middleware]")
{
    web_fixture web{with_limits(1, 1)};
    const std::string owner = token_for(web, "olga", role::owner);
    const std::string member = token_for(web, "alice");

    for (int nth = 0; nth < 5; ++nth) {
        request asked = asking(get, "/api/v2/users/me", owner);
        asked.bypass_limit = "true";
        CHECK(web.ask(asked).status == 200);
    }
    for (const std::string& token : {member, std::string{}, std::string{"bad"}}) {
        CAPTURE(token);
        request asked = asking(get, "/api/v2/users/me", token);
        asked.bypass_limit = "1";
        const seen_answer refused = web.ask(asked);
        CHECK(refused.status == 428);
        CHECK(refused.body == "\"X-Coder-Bypass-Ratelimit\" provided but user is not owner\n");
    }
    request asked = asking(get, "/api/v2/users/me", member);
    asked.bypass_limit = "false";
    CHECK(web.ask(asked).status == 200);
}

TEST_CASE("a browser must show more than its cookie to change something", "[server][middleware]")
{
    web_fixture web;
    const std::string token = token_for(web, "alice");
    const std::string cookie = "coder_session_token=" + token;
    request asked = asking(post, "/api/v2/users/me/keys");
    asked.cookie = cookie;

    const seen_answer refused = web.ask(asked);
    CHECK(refused.status == 400);
    CHECK(refused.header("content-type") == "text/plain; charset=utf-8");

    const std::string shown = csrf_token(token);
    asked.csrf_token = shown;
    CHECK(web.ask(asked).status == 201);
}

TEST_CASE("a session by cookie is handed its CSRF cookie once", "[server][middleware]")
{
    web_fixture web;
    const std::string token = token_for(web, "alice");
    std::string cookie = "coder_session_token=" + token;
    request asked = asking(get, "/api/v2/users/me");
    asked.cookie = cookie;

    CHECK(web.ask(asked).header("set-cookie").starts_with("csrf_token=" + csrf_token(token) + ";"));

    cookie += "; csrf_token=" + csrf_token(token);
    asked.cookie = cookie;
    CHECK(web.ask(asked).count("set-cookie") == 0);
    CHECK(web.ask(asking(get, "/api/v2/users/me", token)).count("set-cookie") == 0);
}

TEST_CASE("nothing under the API may be cached, and the build version is sent when it is set",
          "[server][middleware]")
{
    web_fixture_settings settings;
    settings.web.coder_version = "v2.34.0";
    web_fixture web{settings};

    for (const char* path : {"/api/v2/buildinfo", "/api/v2/users/me", "/api/v2/nothing", "/api/v2/../x"}) {
        CAPTURE(path);
        const seen_answer answer = web.ask(asking(get, path));
        CHECK(answer.header("cache-control") == "no-store");
        CHECK(answer.header("x-coder-build-version") == "v2.34.0");
    }
    CHECK(web.ask(asking(get, "/healthz")).count("cache-control") == 0);
}

TEST_CASE("behind a trusted proxy the audit trail and the limits see the client", "[server][middleware]")
{
    web_fixture_settings settings = with_limits(1, 1);
    settings.web.trusted_proxies = {address_block::parse("192.0.2.0/24").value()};
    web_fixture web{settings};
    request asked = asking(get, "/api/v2/users/me");

    asked.forwarded_for = "198.51.100.7";
    CHECK(web.ask(asked).status == 401);
    CHECK(web.ask(asked).status == 429);
    asked.forwarded_for = "198.51.100.8";
    CHECK(web.ask(asked).status == 401);

    asked.forwarded_for = "198.51.100.7"; // over its limit, if it were believed
    asked.peer = asio::ip::make_address("203.0.113.1");
    CHECK(web.ask(asked).status == 401);
}

TEST_CASE("a body is not waited for where the head is enough to refuse", "[server][middleware]")
{
    web_fixture web;
    const std::string token = token_for(web, "alice");
    struct row {
        request asked;
        head_verdict verdict;
        const char* reason;
    };
    row rows[] = {
        {asking(post, "/api/v2/users/me/keys/tokens", token), head_verdict::wants_body, "a good token"},
        {asking(post, "/api/v2/users/login"), head_verdict::wants_body, "an open route"},
        {asking(post, "/api/v2/users/me/keys/tokens"), head_verdict::ignores_body, "no token"},
        {asking(post, "/api/v2/users/me/keys/tokens", "bad"), head_verdict::ignores_body, "a bad token"},
        {asking(post, "/api/v2/nothing", token), head_verdict::ignores_body, "no such route"},
        {asking(http::verb::patch, "/api/v2/users", token), head_verdict::ignores_body, "a wrong method"},
        {asking(post, "/api/../x", token), head_verdict::ignores_body, "a bad path"},
    };
    for (row& each : rows) {
        INFO(each.reason);
        each.asked.awaits_body = true;
        CHECK(web.ask(each.asked).verdict == each.verdict);
    }
}

TEST_CASE("health needs no store, and readiness says what is missing", "[server][middleware]")
{
    web_fixture web;
    web.auth.records.must_be_asked = true;
    web.auth.records.cannot_read = true;

    CHECK(web.ask(asking(get, "/healthz", "abcdefghij-ABCDEFGHIJABCDEFGHIJAB")).body == "OK");
    CHECK(web.ask(asking(get, "/api/v2/users/me", "abcdefghij-ABCDEFGHIJABCDEFGHIJAB")).status == 503);
    CHECK(web.ask(asking(get, "/api/v2/buildinfo", "abcdefghij-ABCDEFGHIJABCDEFGHIJAB")).status == 200);
}

TEST_CASE("authcheck answers for the caller, by the roles and scopes he has", "[server][middleware]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const user bob = web.auth.add("bob");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    const auto ask = [&](const std::string& body) {
        request asked = asking(post, "/api/v2/authcheck", token);
        asked.has_body = true;
        asked.body = body;
        return web.ask(asked);
    };

    const seen_answer answer =
        ask(R"({"checks":{"own":{"object":{"resource_type":"api_key","owner_id":"me"},"action":"create"},)"
            R"("other":{"object":{"resource_type":"api_key","owner_id":")" +
            to_string(bob.id) +
            R"("},"action":"create"},)"
            R"("me":{"object":{"resource_type":"user","resource_id":")" +
            to_string(alice.id) +
            R"("},"action":"read"},)"
            R"("gone":{"object":{"resource_type":"workspace","resource_id":")" +
            to_string(bob.id) +
            R"("},"action":"read"},)"
            R"("odd":{"object":{"resource_type":"nothing"},"action":"read"}}})");
    CHECK(answer.status == 200);
    CHECK(answer.body == "{\"gone\":false,\"me\":true,\"odd\":false,\"other\":false,\"own\":true}\n");

    CHECK(ask(R"({"checks":{"k":{"object":{},"action":"read"}}})").body ==
          "{\"message\":\"Object's \\\"resource_type\\\" field must be defined for key \\\"k\\\".\"}\n");
    CHECK(ask(R"({"checks":{"k":{"object":{"resource_type":"user","resource_id":"x"}}}})").status == 400);
    CHECK(ask(R"({"checks":{"k":{"object":{"resource_type":"api_key","resource_id":")" + to_string(bob.id) +
              R"("}}}})")
              .status == 400);

    std::string many;
    for (int nth = 0; nth < 11; ++nth) {
        many += (nth == 0 ? "\"" : ",\"") + std::to_string(nth) +
                R"(":{"object":{"resource_type":"user","resource_id":")" + to_string(bob.id) + R"("}})";
    }
    CHECK(ask("{\"checks\":{" + many + "}}").body ==
          "{\"message\":\"Endpoint only supports using \\\"resource_id\\\" field up to 10 times. Found 11 "
          "usages. Remove 1 objects with this field set.\"}\n");
}

TEST_CASE("many questions to authcheck do not keep a shard from its other requests", "[server][security]")
{
    web_fixture web;
    const std::string token = web.auth.token_of(web.auth.add("alice"), unrestricted_rights());
    std::string body = R"({"checks":{)";
    for (int number = 0; number < 5000; ++number) {
        body += number == 0 ? "" : ",";
        body += "\"" + std::to_string(number) + R"(":{"object":{"resource_type":"user"},"action":"read"})";
    }
    body += "}}";
    request asked = asking(post, "/api/v2/authcheck", token);
    asked.has_body = true;
    asked.body = body;

    bool is_answered = false;
    auto answering = web.handler.answer(asked);
    asio::co_spawn(web.context, std::move(answering), [&](std::exception_ptr, const response& answer) {
        is_answered = answer.status == 200;
    });
    std::size_t turns = 0;
    while (web.context.poll_one() != 0)
        ++turns; // another request would have had its turn
    CHECK(is_answered);
    CHECK(turns >= 10);
}
