#include "auth/time_text.hpp"
#include "server/verify_endpoint.hpp"
#include "tests/server/verify_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {} // namespace

TEST_CASE("a good token gets 200 with everything about its bearer, and the head alone is enough",
          "[server][verify]")
{
    verify_fixture web;
    request asked = asking(get, "/verify", web.token);
    asked.awaits_body = true;

    const seen_answer answer = web.ask(asked);

    CHECK(answer.verdict == head_verdict::answered);
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK(answer.header("content-length") == "0");
    CHECK(answer.header("x-latchkey-user-id") == to_string(web.alice.id));
    CHECK(answer.header("x-latchkey-username") == "alice");
    CHECK(answer.header("x-latchkey-key-id") == web.token.substr(0, 10));
    CHECK(answer.header("x-latchkey-scopes") == "workspace:read api_key:*");
    CHECK(answer.header("x-latchkey-expires-at") == rfc3339_text(web.auth.now.now() + 24h));
    CHECK(answer.header("cache-control") == "no-store");
    CHECK(answer.header("x-coder-request-id") == to_string(asked.id));
    CHECK(answer.count("connection") == 0);
    CHECK(web.ask(asked, false).header("connection") == "close");
}

TEST_CASE("any method and any suffix are served, and only those", "[server][verify]")
{
    verify_fixture web;
    for (const auto method : {get, http::verb::post, http::verb::delete_, http::verb::unknown}) {
        for (const char* path : {"/verify", "/verify/", "/verify/a/b?x=1", "//verify//a", "/verify/100%"}) {
            CAPTURE(http::to_string(method), path);
            CHECK(web.ask(asking(method, path, web.token)).status == 200);
        }
    }
    for (const char* path : {"/verifyx", "/x/verify", "/Verify"}) {
        CAPTURE(path);
        CHECK(web.ask(asking(get, path, web.token)).status == 404);
    }
    CHECK(web.ask(asking(get, "/verify/../api", web.token)).status == 400);
    CHECK(web.ask(asking(get, "/verify/%2e%2e/api", web.token)).status == 400);
}

TEST_CASE("the credential is stripped on every path: wherever the token was, it is taken off before the "
          "request goes on",
          "[server][verify]")
{
    verify_fixture web;
    const std::string bearer = "Bearer " + web.token;
    const std::string cookie = "a=1; coder_session_token=" + web.token;
    constexpr std::string_view stripped = "x-envoy-auth-headers-to-remove";

    request asked = asking(get, "/verify", web.token);
    CHECK(web.ask(asked).header(stripped) == "authorization,coder-session-token");
    asked = asking(get, "/verify");
    asked.authorization = bearer;
    CHECK(web.ask(asked).header(stripped) == "authorization,coder-session-token");
    asked = asking(get, "/verify");
    asked.cookie = cookie;
    CHECK(web.ask(asked).header(stripped) == "authorization,coder-session-token,cookie");
    const std::string target = "/verify?access_token=" + web.token;
    CHECK(web.ask(asking(get, target)).status == 200);
}

TEST_CASE("without a token the challenge is bare, with a bad one it says so and no more", "[server][verify]")
{
    verify_fixture web;

    const seen_answer none = web.ask(asking(get, "/verify"));
    CHECK(none.status == 401);
    CHECK(none.header("www-authenticate") == "Bearer realm=\"coder\"");
    check_has_no_identity(none);

    const std::string wrong_secret = with_wrong_secret(web.token);
    const std::string expired = web.token;
    web.auth.now.advance(25h);
    const user bob = web.auth.add("bob");
    const std::string suspended = web.auth.token_of(bob, unrestricted_rights());
    user_change change;
    change.status = user_status::suspended;
    REQUIRE(run_task(web.auth.memory.change_user(bob.id, change)));
    for (const std::string& bad : {std::string{"x"},
                                   std::string{"abcdefghij-ABCDEFGHIJABCDEFGHIJAB"},
                                   wrong_secret,
                                   expired,
                                   suspended}) {
        CAPTURE(bad);
        const seen_answer answer = web.ask(asking(get, "/verify", bad));
        CHECK(answer.status == 401);
        CHECK(answer.header("www-authenticate") == "Bearer realm=\"coder\", error=\"invalid_token\"");
        CHECK(answer.body == none.body);
        check_has_no_identity(answer);
    }
}

TEST_CASE("two Authorization lines are refused whichever of them is good", "[server][verify]")
{
    verify_fixture web;
    request asked = asking(get, "/verify");
    const std::string bearer = "Bearer " + web.token;
    asked.authorization = bearer;
    asked.authorization_repeated = true;

    const seen_answer answer = web.ask(asked);

    CHECK(answer.status == 401);
    CHECK(answer.header("www-authenticate") == "Bearer realm=\"coder\", error=\"invalid_request\"");
    check_has_no_identity(answer);
}

TEST_CASE("a right that the key lacks is a 403 that names it", "[server][verify]")
{
    verify_fixture web;

    CHECK(web.ask(asking(get, "/verify?scope=workspace:read&scope=api_key:create", web.token)).status == 200);

    const seen_answer lacking = web.ask(asking(get, "/verify?scope=workspace:delete", web.token));
    CHECK(lacking.status == 403);
    CHECK(lacking.header("www-authenticate") ==
          "Bearer realm=\"coder\", error=\"insufficient_scope\", scope=\"workspace:delete\"");
    check_has_no_identity(lacking);

    CHECK(web.ask(asking(get, "/verify?scope=no:such", web.token)).status == 403);
    const seen_answer injected =
        web.ask(asking(get, "/verify?scope=%22%0d%0aX-Latchkey-Username:%20root", web.token));
    CHECK(injected.status == 403);
    check_has_no_identity(injected);
    CHECK(web.ask(asking(get, "/verify?allow=workspace", web.token)).status == 403);
    CHECK(web.ask(asking(get, "/verify?allow=workspace:*", web.token)).status == 200);
}

TEST_CASE("a long list of scopes is cut between two names", "[server][verify]")
{
    verify_fixture web;
    key_rights many;
    many.allow_list = {"*:*"};
    for (int nth = 0; nth < 300; ++nth)
        many.scopes.push_back("workspace:read");
    const std::string token = web.auth.token_of(web.alice, many);

    const std::string scopes = web.ask(asking(get, "/verify", token)).header("x-latchkey-scopes");

    CHECK(scopes.size() <= 2048);
    CHECK(scopes.size() > 2000);
    CHECK(scopes.ends_with(" workspace:read"));
}

TEST_CASE("what memory does not know is asked for, with the same answer", "[server][verify]")
{
    verify_fixture web;
    const seen_answer from_memory = web.ask(asking(get, "/verify", web.token));
    key_listing stored = web.auth.stored(web.token);
    web.auth.records.must_be_asked = true;
    web.auth.records.to_answer = key_with_owner{stored.key, owner_standing::of(web.alice)};

    const seen_answer asked_for = web.ask(asking(get, "/verify", web.token));

    CHECK(asked_for.verdict == head_verdict::ignores_body);
    CHECK(asked_for.status == 200);
    for (const std::string_view name : identity_headers) {
        CAPTURE(name);
        CHECK(asked_for.header(name) == from_memory.header(name));
    }
    CHECK(asked_for.header("x-envoy-auth-headers-to-remove") == "authorization,coder-session-token");

    CHECK(web.ask(asking(get, "/verify?scope=workspace:delete", web.token)).status == 403);
    web.auth.records.to_answer.reset();
    CHECK(web.ask(asking(get, "/verify", web.token)).status == 401);
    web.settle();
}

TEST_CASE("when the store cannot be asked the answer is 503, never a guess", "[server][verify]")
{
    verify_fixture web;
    web.auth.records.must_be_asked = true;
    web.auth.records.cannot_read = true;

    const seen_answer answer = web.ask(asking(get, "/verify", web.token));

    CHECK(answer.status == 503);
    CHECK(answer.header("retry-after") == "1");
    CHECK(answer.count("www-authenticate") == 0);
    check_has_no_identity(answer);
    web.settle();
}

TEST_CASE("refused tokens are recorded, requests without one and good ones are not", "[server][verify]")
{
    verify_fixture web;
    CHECK(web.ask(asking(get, "/verify", web.token)).status == 200);
    CHECK(web.ask(asking(get, "/verify")).status == 401);
    web.settle();
    CHECK(web.auth.audit.entries.empty());

    CHECK(web.ask(asking(get, "/verify", "bad")).status == 401);
    CHECK(web.ask(asking(get, "/verify?scope=coder:all", web.token)).status == 403);
    web.settle();

    REQUIRE(web.auth.audit.entries.size() == 2);
    CHECK(web.auth.audit.entries[0].status == 401);
    CHECK(web.auth.audit.entries[0].address == "192.0.2.1");
    CHECK(web.auth.audit.entries[1].status == 403);
    CHECK(web.auth.audit.entries[1].actor_username == "alice");
    CHECK(web.auth.audit.entries[1].outcome == "refused");
}

TEST_CASE("verifications are not limited by the API's rate limit", "[server][verify]")
{
    verify_fixture web;
    for (int nth = 0; nth < 600; ++nth)
        REQUIRE(web.ask(asking(get, "/verify", web.token)).status == 200);
    CHECK(web.limits.tracked() == 0);
}
