// How /verify words its refusals for a gateway, and what it does about those who guess tokens.
#include "server/verify_mode.hpp"
#include "tests/server/verify_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// With a limit on guesses, for the guesser at 192.0.2.1.
web_fixture_settings guarded(unsigned guess_limit, verify_mode mode = verify_mode::rich)
{
    web_fixture_settings made;
    made.limits.guess = guess_limit;
    made.web.verification = mode;
    return made;
}

} // namespace

TEST_CASE("the strict mode knows 200, 401 and 403 only, and says in headers why", "[server][verify]")
{
    verify_fixture web{guarded(6000, verify_mode::strict)};
    CHECK(web.ask(asking(get, "/verify", web.token)).status == 200);
    CHECK(web.ask(asking(get, "/verify", web.token)).count("x-latchkey-reason") == 0);

    const std::string wrong_secret = with_wrong_secret(web.token);
    struct row {
        const char* target;
        std::string token;
        unsigned status;
        const char* reason;
    };
    const row rows[] = {{"/verify", {}, 401, "no_token"},
                        {"/verify", "x", 401, "invalid_token"},
                        {"/verify", wrong_secret, 401, "invalid_token"},
                        {"/verify?scope=coder:all", web.token, 403, "insufficient_scope"},
                        {"/verify/a/../b", web.token, 403, "bad_path"}};
    for (const row& each : rows) {
        CAPTURE(each.target, each.reason);
        const seen_answer answer = web.ask(asking(get, each.target, each.token));
        CHECK(answer.status == each.status);
        CHECK(answer.header("x-latchkey-reason") == each.reason);
        CHECK(answer.count("www-authenticate") == (each.reason == std::string_view{"bad_path"} ? 0 : 1));
        check_has_no_identity(answer);
    }

    web.auth.records.must_be_asked = true;
    web.auth.records.cannot_read = true;
    const seen_answer down = web.ask(asking(get, "/verify", web.token));
    CHECK(down.status == 403); // a 401 would log clients out
    CHECK(down.header("x-latchkey-reason") == "unavailable");
    CHECK(down.header("retry-after") == "1");
    CHECK(down.count("www-authenticate") == 0);
    check_has_no_identity(down);
    web.settle();
}

TEST_CASE("a gateway chooses the mode in the query, and what is no mode counts as strict", "[server][verify]")
{
    const auto unavailable = [](verify_mode by_default, std::string_view target) {
        verify_fixture web{guarded(6000, by_default)};
        web.auth.records.must_be_asked = true;
        web.auth.records.cannot_read = true;
        const unsigned status = web.ask(asking(get, target, web.token)).status;
        web.settle();
        return status;
    };
    for (const verify_mode by_default : {verify_mode::rich, verify_mode::strict}) {
        CHECK(unavailable(by_default, "/verify?mode=rich") == 503);
        CHECK(unavailable(by_default, "/verify?scope=a:b&mode=rich") == 503);
        for (const char* strict : {"/verify?mode=strict",
                                   "/verify?mode=",
                                   "/verify?mode",
                                   "/verify?mode=RICH",
                                   "/verify?mode=rich&mode=strict",
                                   "/verify?mode=strict&mode=rich",
                                   "/verify?%6dode=strict"}) {
            CAPTURE(strict);
            CHECK(unavailable(by_default, strict) == 403);
        }
    }
}

TEST_CASE("below /verify/, where the query is the client's, it does not choose the mode", "[server][verify]")
{
    for (const char* target : {"/verify/?mode=rich", "/verify/a?mode=rich", "//verify?mode=rich"}) {
        CAPTURE(target);
        verify_fixture web{guarded(6000, verify_mode::strict)};
        web.auth.records.must_be_asked = true;
        web.auth.records.cannot_read = true;
        CHECK(web.ask(asking(get, target, web.token)).status == 403);
        web.settle();
    }
    verify_fixture web;
    CHECK(web.ask(asking(get, "/verify/a/../b?mode=strict", web.token)).status == 400);
    // What else a client writes there can only demand more of its own token.
    CHECK(web.ask(asking(get, "/verify/a?scope=workspace:delete", web.token)).status == 403);
    CHECK(web.ask(asking(get, "/verify/a?scope=workspace:read&mode=rich")).status == 401);
}

TEST_CASE("who guesses tokens is told to wait, and his good token goes on", "[server][verify]")
{
    verify_fixture web{guarded(3)};
    const std::string bad[] = {"x", "abcdefghij-ABCDEFGHIJABCDEFGHIJAB", with_wrong_secret(web.token)};
    for (const std::string& guess : bad)
        CHECK(web.ask(asking(get, "/verify", guess)).status == 401);

    for (const std::string& guess : bad) {
        CAPTURE(guess);
        const seen_answer refused = web.ask(asking(http::verb::post, "/verify/a", guess));
        CHECK(refused.status == 429);
        CHECK(refused.header("x-latchkey-reason") == "rate_limited");
        const int wait = std::stoi(refused.header("retry-after"));
        CHECK(wait >= 1);
        CHECK(wait <= 60);
        CHECK(refused.count("www-authenticate") == 0);
        check_has_no_identity(refused);

        const seen_answer strict = web.ask(asking(get, "/verify?mode=strict", guess));
        CHECK(strict.status == 403);
        CHECK(strict.header("x-latchkey-reason") == "rate_limited");
        CHECK(strict.header("retry-after") == refused.header("retry-after"));
    }
    CHECK(web.ask(asking(get, "/verify", web.token)).status == 200);
    CHECK(web.ask(asking(get, "/verify?scope=coder:all", web.token)).status == 403);
    CHECK(web.ask(asking(get, "/verify")).status == 401);

    request elsewhere = asking(get, "/verify", "x");
    elsewhere.peer = asio::ip::make_address("192.0.2.2");
    CHECK(web.ask(elsewhere).status == 401);
    web.auth.now.advance(2min);
    CHECK(web.ask(asking(get, "/verify", "x")).status == 401);
    web.settle();
}

TEST_CASE("guesses that the store had to be asked about count as well", "[server][verify]")
{
    verify_fixture web{guarded(2)};
    web.auth.records.must_be_asked = true;
    const std::string unknown = "abcdefghij-ABCDEFGHIJABCDEFGHIJAB";
    CHECK(web.ask(asking(get, "/verify", unknown)).status == 401);
    CHECK(web.ask(asking(get, "/verify", unknown)).status == 401);
    CHECK(web.ask(asking(get, "/verify", unknown)).status == 429);
    web.settle();
}

TEST_CASE("what was good once is no guess, and no token is none", "[server][verify]")
{
    verify_fixture web{guarded(1)};
    web.auth.now.advance(25h); // the token has expired
    for (int nth = 0; nth < 3; ++nth) {
        CHECK(web.ask(asking(get, "/verify", web.token)).status == 401);
        CHECK(web.ask(asking(get, "/verify")).status == 401);
    }
    CHECK(web.limits.tracked() == 0);
    web.settle();
}

TEST_CASE("guesses count for the client that a trusted proxy names", "[server][verify]")
{
    web_fixture_settings settings = guarded(1);
    settings.web.trusted_proxies = {*address_block::parse("192.0.2.1")};
    verify_fixture web{settings};
    const auto guess_of = [&](std::string_view client) {
        request asked = asking(get, "/verify", "x");
        asked.forwarded_for = client;
        return web.ask(asked).status;
    };
    CHECK(guess_of("198.51.100.1") == 401);
    CHECK(guess_of("203.0.113.9, 198.51.100.1") == 429); // the left is the client's to invent
    CHECK(guess_of("198.51.100.2") == 401);
    web.settle();
}

TEST_CASE("guesses are not limited where the operator says 0, for them or for everything", "[server][verify]")
{
    web_fixture_settings no_limits = guarded(1);
    no_limits.limits.api = 0;
    for (const web_fixture_settings& settings : {guarded(0), no_limits}) {
        verify_fixture web{settings};
        for (int nth = 0; nth < 5; ++nth)
            CHECK(web.ask(asking(get, "/verify", "x")).status == 401);
        CHECK(web.limits.tracked() == 0);
        web.settle();
    }
}
