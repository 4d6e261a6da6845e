// Several servers over one Redis, and what lies there.
#include "tests/support/patience.hpp"
#include "tests/wire/redis_contents.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>
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
    const auto is_refused = [&] {
        const clock::time_point asked = clock::now();
        const unsigned status = wire.call("GET", "/verify", {}, {}, bearing(token)).status;
        if (status == 200) last_accepted = asked;
        return status == 401;
    };
    CHECK(becomes_true(is_refused, std::chrono::milliseconds{0}));
    CHECK(last_accepted <= revoked + lease);
}

const std::string audit_stream = "lk:{audit}:stream";

json::value audit_of(http_client& server, const account& reader, const std::string& query)
{
    const http_answer answer = server.request("GET", "/api/v2/audit" + query, bearing(reader.token));
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return parsed(answer);
}

std::size_t found_for(http_client& server, const account& reader, const http_answer& act)
{
    const auto page = audit_of(server, reader, "?q=request_id:" + act.header("x-coder-request-id"));
    return page.at("audit_logs").as_array().size();
}

// In the end.
bool is_logged(const wire_server& server, std::string_view words)
{
    return becomes_true([&] { return contains(server.logged(), words); });
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

    CHECK(contains(content_of(redis, audit_stream), "planted-3"));
    bool is_planted_seen = false;
    for (const std::string& name : names_in(redis)) {
        CAPTURE(name);
        const std::string content = content_of(redis, name);
        is_planted_seen = is_planted_seen || (name != audit_stream && contains(content, "planted-3"));
        for (const std::string& secret : secrets) {
            CHECK_FALSE(contains(content, secret));
            CHECK_FALSE(contains(name, secret));
        }
        const bool is_of_no_token = name.starts_with("lk:{users}:") || name.ends_with(":owners") ||
                                    name == "lk:{lk}:deployment" || name == audit_stream;
        if (!is_of_no_token) CHECK(redis.ask({"PTTL", name}).integer > 0);
    }
    CHECK(is_planted_seen); // the search can find what is there
}

TEST_CASE("each of several servers over one Redis shows at once what all of them did", "[wire][redis]")
{
    wire_fixture wire{engine::redis};
    const wire_server second{wire.server(), {}};
    http_client one = wire.connect();
    http_client other = second.connect();

    std::vector<http_answer> acts;
    for (int round = 0; round < 5; ++round) {
        http_client& here = round % 2 == 0 ? one : other;
        http_client& there = round % 2 == 0 ? other : one;
        const std::string body = R"({"token_name":"round-)" + std::to_string(round) + "\"}";
        acts.push_back(here.request("POST", tokens_path("me"), bearing(wire.member.token), body));
        REQUIRE(acts.back().status == 201);
        CHECK(found_for(there, wire.auditor, acts.back()) == 1);

        const std::string key = keys_path("me") + "/" + id_of(text(parsed(acts.back()), "key"));
        acts.push_back(there.request("DELETE", key, bearing(wire.member.token)));
        REQUIRE(acts.back().status == 204);
        CHECK(found_for(here, wire.auditor, acts.back()) == 1);

        const std::string suspend = "/api/v2/users/" + wire.owner.username + "/status/suspend";
        acts.push_back(here.request("PUT", suspend, bearing(wire.member.token))); // refused
        REQUIRE(acts.back().status >= 400);
        CHECK(found_for(there, wire.auditor, acts.back()) == 1);
    }

    for (const std::string& query : {std::string{"?limit=1000"},
                                     std::string{"?limit=7&offset=3"},
                                     "?q=username:" + wire.member.username,
                                     std::string{"?q=action:delete&limit=2"}}) {
        CAPTURE(query);
        const auto page = audit_of(one, wire.auditor, query);
        const auto same = audit_of(other, wire.auditor, query);
        CHECK(column(page.at("audit_logs"), "id") == column(same.at("audit_logs"), "id"));
        CHECK(page.at("count") == same.at("count"));
        CHECK(page.at("count").as_int64() > 0);
    }
    const auto all = audit_of(other, wire.auditor, "?limit=1000&q=username:" + wire.member.username);
    const std::vector<std::string> found = column(all.at("audit_logs"), "request_id");
    for (const http_answer& act : acts)
        CHECK(std::ranges::count(found, act.header("x-coder-request-id")) == 1);
}

TEST_CASE("with a stream of no length a server shows what it did itself", "[wire][redis]")
{
    wire_fixture wire{engine::redis, {"--audit-stream-length=0"}};
    const wire_server second{wire.server(), {"--audit-stream-length=0"}};
    http_client other = second.connect();
    const http_answer act = wire.post(tokens_path("me"), wire.member.token, "{}");
    REQUIRE(act.status == 201);

    CHECK(found_for(other, wire.auditor, act) == 0);
    http_client one = wire.connect();
    CHECK(found_for(one, wire.auditor, act) == 1);
    CHECK(wire.server().redis()->ask({"EXISTS", audit_stream}).integer == 0);
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
    // The operator need not ask /readyz: each change that lasts is a line.
    CHECK(is_logged(wire.server(), "the store does not work"));

    redis.start(); // empty: it kept nothing, so that the token is unknown
    unsigned status = 503;
    for (int tries = 0; tries < 300 && status == 503; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds{20}); // until the server is back, no longer
        status = wire.call("GET", "/verify", {}, {}, bearing(token)).status;
    }
    CHECK(status == 401);
    CHECK(is_logged(wire.server(), "the store works again"));
}
