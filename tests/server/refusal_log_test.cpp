#include "server/refusal_log.hpp"
#include "tests/server/web_fixture.hpp"

#include <algorithm>
#include <string>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::size_t lines_in(const std::string& text)
{
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

} // namespace

TEST_CASE("failed authentication is logged with reason, route and address, and nothing of the credential",
          "[server][refusal_log][security]") // ASVS 16.3.1
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    const std::string forged = token.substr(0, 11) + "CanaryForged0123456789";

    CHECK(web.ask(asking(http::verb::get, "/api/v2/users/me", forged)).status == 401);
    CHECK(lines_in(web.logged) == 1);
    CHECK(web.logged.find("a credential was refused") != std::string::npos);
    CHECK(web.logged.find("reason=\"API key secret is invalid.\"") != std::string::npos);
    CHECK(web.logged.find("route=/api/v2/users/{user}") != std::string::npos);
    CHECK(web.logged.find("address=192.0.2.1") != std::string::npos);
    CHECK(web.logged.find("request_id=") != std::string::npos);
    CHECK(web.logged.find("CanaryForged") == std::string::npos);

    // Neither a caller without a credential nor a good one has failed to prove himself.
    CHECK(web.ask(asking(http::verb::get, "/api/v2/users/me")).status == 401);
    CHECK(web.ask(asking(http::verb::get, "/api/v2/users/me", token)).status == 200);
    CHECK(lines_in(web.logged) == 1);
    CHECK(web.auth.audit.entries.empty()); // a guess fills no disk
}

TEST_CASE("while the store cannot be asked no credential is logged as refused", "[server][refusal_log]")
{
    web_fixture web;
    web.auth.records.must_be_asked = true;
    web.auth.records.cannot_read = true;
    CHECK(web.ask(asking(http::verb::get, "/api/v2/users/me", "AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA")).status ==
          503);
    CHECK(web.logged.empty());
}

TEST_CASE("a flood of bad credentials leaves a bounded number of lines, which count the rest",
          "[server][refusal_log][security]")
{
    fake_clock now;
    std::string logged;
    const logger log{
        log_level::debug, log_format::text, now, [&logged](std::string_view line) { logged += line; }};
    refusal_log refusals{log, now};
    const auto note = [&refusals](int times) {
        for (int count = 0; count < times; ++count)
            refusals.note("API key is invalid.", "/api/v2/users", "192.0.2.9", uuid{});
    };

    note(1000);
    CHECK(lines_in(logged) == refusal_log::lines_a_window);
    logged.clear();
    now.advance(refusal_log::window);
    note(1);
    CHECK(lines_in(logged) == 1);
    CHECK(logged.find("not_shown_before=990") != std::string::npos);
    note(1000);
    logged.clear();
    refusals.flush();
    CHECK(lines_in(logged) == 1);
    CHECK(logged.find("not_shown_before=991") != std::string::npos);
    logged.clear();
    refusals.flush();
    CHECK(logged.empty());
}
