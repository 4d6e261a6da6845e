// Contract 3.8 and A13, each on a server of its own with a low limit.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {} // namespace

TEST_CASE(
    "rate limited is 429 with Retry-After, never 401: a caller beyond the limit gets the limiter's headers",
    "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    const account caller = wire.new_user();

    for (int remaining = 7; remaining >= 0; --remaining) {
        const http_answer allowed = wire.get(own_path, caller.token);
        REQUIRE(allowed.status == 200);
        CHECK(allowed.header("x-ratelimit-limit") == "8");
        CHECK(allowed.header("x-ratelimit-remaining") == std::to_string(remaining));
        CHECK_FALSE(allowed.header("x-ratelimit-reset").empty());
    }
    const http_answer refused = wire.get(own_path, caller.token);

    check_error(refused, 429, "You've been rate limited for sending more than 8 requests in 1m0s.");
    CHECK(refused.header("x-ratelimit-limit") == "8");
    CHECK(refused.header("x-ratelimit-remaining") == "0");
    const int wait = std::stoi(refused.header("retry-after"));
    CHECK(wait >= 1);
    CHECK(wait <= 60);
}

TEST_CASE("requests are counted for each user and endpoint", "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    const account caller = wire.new_user();
    for (int i = 0; i < 8; ++i)
        REQUIRE(wire.get(own_path, caller.token).status == 200);
    REQUIRE(wire.get(own_path, caller.token).status == 429);

    CHECK(wire.get(own_path, wire.member.token).status == 200);      // another user
    CHECK(wire.get(tokens_path("me"), caller.token).status == 200);  // another endpoint
    CHECK(wire.get(own_path, wire.new_token(caller)).status == 429); // another key of the same user
    CHECK(wire.get(own_path).status == 401);                         // nobody: counted by address
}

TEST_CASE("requests without a valid credential are counted by address", "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    for (int i = 0; i < 8; ++i)
        REQUIRE(wire.get(own_path, i % 2 ? "" : "0000000000-0000000000000000000000").status == 401);

    CHECK(wire.get(own_path).status == 429);
    CHECK(wire.get(own_path, "not-a-token").status == 429);
    CHECK(wire.get(own_path, wire.member.token).status == 200);
}

TEST_CASE("owners bypass the limit with a header, and from others that is 428", "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    const header_list bypass = {{"X-Coder-Bypass-Ratelimit", "true"}};

    for (int i = 0; i < 20; ++i)
        REQUIRE(wire.call("GET", own_path, wire.owner.token, {}, bypass).status == 200);
    for (const std::string& token : {wire.member.token, wire.user_admin.token, std::string{}}) {
        const http_answer refused = wire.call("GET", own_path, token, {}, bypass);
        CHECK(refused.status == 428);
        CHECK(contains(refused.body, "\"X-Coder-Bypass-Ratelimit\" provided but user is not owner"));
    }
}

TEST_CASE("an endpoint that is spelt in another way counts as the same", "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    for (int i = 0; i < 8; ++i)
        REQUIRE(wire.get(own_path, wire.member.token).status == 200);
    for (const char* spelling :
         {"/api/v2/users/m%65", "/api//v2/users/me", "/api/v2/users/me/", "/api/v2/us%65rs/me"}) {
        INFO(spelling);
        const unsigned status = wire.get(spelling, wire.member.token).status;
        CHECK((status == 429 || status == 404)); // never a fresh count
    }
}

TEST_CASE("verification and health are not limited", "[wire][limits]") // A13
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=8"}};
    for (int i = 0; i < 20; ++i) {
        REQUIRE(wire.get("/verify", wire.member.token).status == 200);
        REQUIRE(wire.get("/healthz").status == 200);
    }
}

TEST_CASE("a limit of nought turns it off, that of logins too", "[wire][limits]") // A13
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=0"}};
    const std::string_view weak = R"({"password":"x"})";
    for (int i = 0; i < 600; ++i)
        REQUIRE(wire.get(own_path, wire.member.token).status == 200);
    for (int i = 0; i < 70; ++i)
        REQUIRE(wire.post("/api/v2/users/validate-password", {}, weak).status == 200);
    CHECK(wire.get(own_path, wire.member.token).count("x-ratelimit-limit") == 0);
}

TEST_CASE("the limit is 512 a minute, and 60 where passwords are guessed", "[wire][limits]")
{
    wire_fixture wire{engine::memory, {"--api-rate-limit=512"}};

    CHECK(wire.get(own_path, wire.member.token).header("x-ratelimit-limit") == "512");
    http_answer last;
    for (int i = 0; i < 61; ++i)
        last = wire.post("/api/v2/users/validate-password", {}, R"({"password":"x"})");
    check_error(last, 429, "You've been rate limited for sending more than 60 requests in 1m0s.");
}
