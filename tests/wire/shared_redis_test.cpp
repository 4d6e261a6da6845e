// Several servers over one Redis, and what lies there.
#include "tests/wire/wire_fixture.hpp"

#include <chrono>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

header_list bearing(const std::string& token)
{
    return {{"Authorization", "Bearer " + token}};
}

constexpr std::chrono::milliseconds lease{100}; // the default of --cache-lease

// Of what was revoked on another server, and acknowledged there before the call: refused in the end, and
// never accepted by a check that began later than a lease after the acknowledgement.
void check_refused_within_the_lease(wire_fixture& wire, const std::string& token)
{
    using clock = std::chrono::steady_clock;
    const clock::time_point revoked = clock::now();
    clock::time_point last_accepted = clock::time_point::min();
    const clock::time_point end = revoked + std::chrono::seconds{20};
    unsigned status = 0;
    while (status != 401 && clock::now() < end) {
        const clock::time_point asked = clock::now();
        status = wire.call("GET", "/verify", {}, {}, bearing(token)).status;
        if (status == 200) last_accepted = asked;
    }
    CHECK(status == 401);
    CHECK(last_accepted <= revoked + lease);
}

std::vector<std::string> names_in(const redis_server& redis)
{
    std::vector<std::string> names;
    std::string cursor = "0";
    do {
        redis_reply page = redis.ask({"SCAN", cursor});
        cursor = page.items.at(0).text;
        for (redis_reply& name : page.items.at(1).items)
            names.push_back(std::move(name.text));
    } while (cursor != "0");
    return names;
}

std::string content_of(const redis_server& redis, const std::string& name)
{
    const std::string type = redis.ask({"TYPE", name}).text;
    if (type == "string") return redis.ask({"GET", name}).text;
    const redis_reply parts =
        type == "hash" ? redis.ask({"HGETALL", name}) : redis.ask({"ZRANGE", name, "0", "-1"});
    std::string all;
    for (const redis_reply& part : parts.items)
        all += part.text + '\n';
    return all;
}

} // namespace

TEST_CASE("servers over one Redis are one: what one does holds on the other", "[wire][redis]")
{
    wire_fixture one{engine::redis};
    const wire_server second{one.server(), {}};
    http_client other = second.connect();
    const std::string token = one.new_token(one.member, R"({"token_name":"shared"})");

    CHECK(other.request("GET", "/verify", bearing(token)).status == 200);
    CHECK(one.call("GET", "/verify", {}, {}, bearing(token)).status == 200);
    CHECK(other.request("GET", "/api/v2/users/me", bearing(token)).status == 200);
    CHECK(other.request("POST", tokens_path("me"), bearing(one.member.token), R"({"token_name":"shared"})")
              .status == 409);

    const std::string path = keys_path("me") + "/" + token.substr(0, 10);
    CHECK(other.request("DELETE", path, bearing(one.member.token)).status == 204);
    CHECK(other.request("GET", "/verify", bearing(token)).status == 401);
    check_refused_within_the_lease(one, token);
    CHECK(one.get(path, one.member.token).status == 404);

    const std::string second_token = one.new_token(one.member);
    CHECK(one.call("GET", "/verify", {}, {}, bearing(second_token)).status == 200);
    const std::string suspend = "/api/v2/users/" + one.member.username + "/status/suspend";
    CHECK(other.request("PUT", suspend, bearing(one.owner.token)).status == 200);
    check_refused_within_the_lease(one, second_token);
}

TEST_CASE("no secret lies in Redis, and nothing of a token without an end", "[wire][redis]")
{
    wire_fixture wire{engine::redis};
    const redis_server& redis = *wire.server().redis();
    std::vector<std::string> secrets{
        good_password, wire.owner.token.substr(11), wire.member.token.substr(11)};
    for (int number = 0; number < 5; ++number) {
        const std::string token =
            wire.new_token(wire.member, R"({"token_name":"planted-)" + std::to_string(number) + "\"}");
        secrets.push_back(token.substr(11));
        CHECK(wire.call("GET", "/verify", {}, {}, bearing(token)).status == 200);
    }

    bool is_planted_seen = false;
    for (const std::string& name : names_in(redis)) {
        CAPTURE(name);
        const std::string content = content_of(redis, name);
        is_planted_seen = is_planted_seen || contains(content, "planted-3");
        for (const std::string& secret : secrets) {
            CHECK_FALSE(contains(content, secret));
            CHECK_FALSE(contains(name, secret));
        }
        const bool is_of_users =
            name.starts_with("lk:{users}:") || name.ends_with(":owners") || name == "lk:{lk}:deployment";
        if (!is_of_users) CHECK(redis.ask({"PTTL", name}).integer > 0);
    }
    CHECK(is_planted_seen); // the search can find what is there
}

TEST_CASE("without its Redis a server answers 503, and serves again by itself", "[wire][redis]")
{
    wire_fixture wire{engine::redis};
    redis_server& redis = *wire.server().redis();
    const std::string token = wire.new_token(wire.member);
    REQUIRE(wire.call("GET", "/verify", {}, {}, bearing(token)).status == 200);

    redis.kill();
    using clock = std::chrono::steady_clock;
    const clock::time_point killed = clock::now();
    clock::time_point asked = killed;
    http_answer refused = wire.call("GET", "/verify", {}, {}, bearing(token));
    for (; refused.status == 200; refused = wire.call("GET", "/verify", {}, {}, bearing(token))) {
        CHECK(asked <= killed + lease); // the cache, until its lease ends
        asked = clock::now();
    }
    CHECK(refused.status == 503);
    CHECK_FALSE(refused.header("retry-after").empty());
    CHECK(wire.get("/api/v2/users/me", token).status == 503);
    CHECK(wire.post(tokens_path("me"), token, "{}").status == 503);
    CHECK(wire.get("/healthz").status == 200);
    const http_answer ready = wire.get("/readyz");
    CHECK(ready.status == 503);
    CHECK(contains(ready.body, "redis://127.0.0.1"));

    redis.start(); // empty: it kept nothing, so that the token is unknown
    unsigned status = 503;
    for (int tries = 0; tries < 300 && status == 503; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20}); // until the server is back, no longer
        status = wire.call("GET", "/verify", {}, {}, bearing(token)).status;
    }
    CHECK(status == 401);
}
