// Contract 3.1 to 3.6.
#include "tests/wire/wire_fixture.hpp"

#include <thread>

using namespace latchkey::test;

namespace {

constexpr std::string_view bad_token = "0000000000-0000000000000000000000";

enum class source { cookie, session_query, session_header, bearer, access_query };

// One request that carries a token in each of these places.
http_answer ask(wire_fixture& wire, const std::vector<std::pair<source, std::string>>& sent)
{
    std::string path{"/api/v2/users/me?x=1"};
    header_list headers;
    for (const auto& [where, token] : sent) {
        switch (where) {
        case source::cookie: headers.emplace_back("Cookie", "a=b; coder_session_token=" + token); break;
        case source::session_query: path.append("&coder_session_token=").append(token); break;
        case source::session_header: headers.emplace_back("Coder-Session-Token", token); break;
        case source::bearer: headers.emplace_back("Authorization", "Bearer " + token); break;
        case source::access_query: path.append("&access_token=").append(token); break;
        }
    }
    return wire.call("GET", path, {}, {}, headers);
}

constexpr source by_precedence[] = {
    source::cookie, source::session_query, source::session_header, source::bearer, source::access_query};

} // namespace

TEST_CASE("a token is found in each of the five places", "[wire][authentication]") // 3.1
{
    wire_fixture& wire = any_wire();
    for (const source place : by_precedence) {
        CAPTURE(static_cast<int>(place));
        CHECK(ask(wire, {{place, wire.member.token}}).status == 200);
    }
}

TEST_CASE("the first place that is not empty wins, and there is no fallback", "[wire][authentication]")
{
    wire_fixture& wire = any_wire();
    for (std::size_t first = 0; first < std::size(by_precedence); ++first)
        for (std::size_t later = first + 1; later < std::size(by_precedence); ++later) {
            CAPTURE(first, later);
            const source winner = by_precedence[first];
            const source loser = by_precedence[later];
            CHECK(ask(wire, {{winner, wire.member.token}, {loser, std::string{bad_token}}}).status == 200);
            CHECK(ask(wire, {{winner, std::string{bad_token}}, {loser, wire.member.token}}).status == 401);
            CHECK(ask(wire, {{winner, ""}, {loser, wire.member.token}}).status == 200);
        }
}

TEST_CASE("the bearer scheme is matched without case, trimmed, and others are ignored",
          "[wire][authentication]")
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    const auto with = [&wire](const std::string& value) {
        return wire.call("GET", own_path, {}, {}, {{"Authorization", value}});
    };
    for (const char* scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer   "})
        CHECK(with(scheme + token).status == 200);
    CHECK(with("Bearer " + token + "  ").status == 200);
    check_signed_out(with("Basic " + token),
                     R"(Cookie "coder_session_token" or query parameter must be provided.)");
    check_signed_out(with(token), R"(Cookie "coder_session_token" or query parameter must be provided.)");
    CHECK(ask(wire, {{source::access_query, "%20" + token + "%20"}}).status == 200);
}

TEST_CASE("the detail of a 401 says what was wrong with the token", "[wire][authentication]") // 3.4
{
    struct row {
        std::string token;
        std::string_view detail;
    };
    wire_fixture& wire = any_wire();
    const std::string good = wire.new_token(wire.member);
    const row rows[] = {
        {"", R"(Cookie "coder_session_token" or query parameter must be provided.)"},
        {"nodash", "Invalid API key format: incorrect amount of API key parts, expected 2 got 1"},
        {"a-b-c", "Invalid API key format: incorrect amount of API key parts, expected 2 got 3"},
        {good + "-x", "Invalid API key format: incorrect amount of API key parts, expected 2 got 3"},
        {"short-0000000000000000000000",
         "Invalid API key format: invalid API key ID length, expected 10 got 5"},
        {"-0000000000000000000000", "Invalid API key format: invalid API key ID length, expected 10 got 0"},
        {"0000000000-short", "Invalid API key format: invalid API key secret length, expected 22 got 5"},
        {"0000000000-", "Invalid API key format: invalid API key secret length, expected 22 got 0"},
        {"short-short", "Invalid API key format: invalid API key ID length, expected 10 got 5"},
        {std::string{bad_token}, "API key is invalid."},
        {good.substr(0, 11) + "0000000000000000000000", "API key secret is invalid."},
    };
    for (const auto& [token, detail] : rows) {
        CAPTURE(token);
        const http_answer answer = wire.get(own_path, token);
        check_signed_out(answer, detail);
        CHECK(answer.header("www-authenticate")
                  .starts_with("Bearer realm=\"coder\", error=\"invalid_token\", error_description=\"The "
                               "access token has "
                               "expired\", resource_metadata=\"http://127.0.0.1:"));
    }
}

TEST_CASE("an expired token is told when it expired, unless its secret is wrong",
          "[wire][authentication]") // 3.2
{
    wire_fixture& wire = any_wire();
    std::string expired; // the detail for the newest token
    const auto expired_token = [&wire, &expired] {
        std::string token = wire.new_token(wire.member);
        const std::string path = keys_path("me") + "/" + id_of(token);
        REQUIRE(wire.call("PUT", path + "/expire", wire.member.token).status == 204);
        std::string when = text(parsed(wire.get(path, wire.member.token)), "expires_at");
        when.replace(when.find('T'), 1, " ").replace(when.find('Z'), 1, " +0000 UTC");
        expired = "API key expired at \"" + when + "\".";
        check_signed_out(wire.get(own_path, token), expired);
        return token;
    };
    const auto answer_to_wrong_secret = [&wire](const std::string& token) {
        return wire.get(own_path, token.substr(0, 11) + "0000000000000000000000");
    };

    // As long as there is a hash to tell it by: in Redis that goes with the lifetime itself (contract A14),
    // elsewhere in the sweep of every minute, which can come in between once, but not twice.
    const bool has_hash = wire.store != engine::redis;
    http_answer answer = answer_to_wrong_secret(expired_token());
    if (has_hash && contains(answer.body, "API key expired"))
        answer = answer_to_wrong_secret(expired_token());
    check_signed_out(answer, has_hash ? "API key secret is invalid." : expired);
}

TEST_CASE("a token expires by itself when its lifetime ends", "[wire][authentication]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"lifetime":1000000000})");
    REQUIRE(wire.get(own_path, token).status == 200);
    const auto expiry =
        instant(parsed(wire.get(keys_path("me") + "/" + id_of(token), wire.member.token)), "expires_at");

    // The process under test reads the machine's clock, so the test waits for it, no longer than needed.
    std::this_thread::sleep_until(
        std::chrono::system_clock::time_point{std::chrono::microseconds{expiry + 2000}});

    const http_answer answer = wire.get(own_path, token);
    CHECK(answer.status == 401);
    CHECK(contains(text(parsed(answer), "detail"), "API key expired at \""));
}

TEST_CASE("a suspended user's 401 has its own message and no detail", "[wire][authentication]") // 3.5
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    REQUIRE(wire.call("PUT", "/api/v2/users/" + holder.id + "/status/suspend", wire.owner.token).status ==
            200);

    const http_answer refused = wire.get(own_path, holder.token);

    check_error(refused,
                401,
                R"(User is not active (status = "suspended"). Contact an admin to reactivate your account.)");
    CHECK(contains(refused.header("www-authenticate"), R"(error="invalid_token")"));
}

TEST_CASE("WWW-Authenticate names the resource metadata below the access URL", "[wire][authentication]")
{
    wire_fixture wire{engine::memory, {"--access-url=https://tokens.example.com/"}};

    CHECK(wire.get(own_path).header("www-authenticate") ==
          "Bearer realm=\"coder\", error=\"invalid_token\", error_description=\"The access token has "
          "expired\", "
          "resource_metadata=\"https://tokens.example.com/.well-known/oauth-protected-resource\"");
}

TEST_CASE("with --host-prefix-cookie only the __Host- cookie counts", "[wire][authentication]")
{
    wire_fixture wire{engine::memory, {"--host-prefix-cookie", "--secure-auth-cookie"}};
    const auto with = [&wire](const std::string& name) {
        return wire.call("GET", own_path, {}, {}, {{"Cookie", name + "=" + wire.member.token}}).status;
    };

    CHECK(with("__Host-coder_session_token") == 200);
    CHECK(with("coder_session_token") == 401);
}

TEST_CASE("two Authorization lines are an invalid request", "[wire][authentication]") // RFC 6750
{
    wire_fixture& wire = any_wire();
    const std::string bearer = "Bearer " + wire.member.token;

    CHECK(wire.call("GET", own_path, {}, {}, {{"Authorization", bearer}, {"Authorization", bearer}}).status ==
          400);
}

TEST_CASE("a use is seen on the user as well", "[wire][authentication]") // 3.3
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const auto created = instant(parsed(wire.get(own_path, holder.token)), "created_at");

    CHECK(instant(parsed(wire.get(own_path, holder.token)), "last_seen_at") >= created);
}
