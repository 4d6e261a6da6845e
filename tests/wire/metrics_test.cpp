// What GET /metrics shows of a real server, and that its canary is seen nowhere else.
#include "tests/support/metrics_text.hpp"
#include "tests/support/patience.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <chrono>
#include <set>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string runs = "latchkey_revocation_canary_runs_total";

metric_families figures(http_client& client)
{
    const http_answer answer = client.request("GET", "/metrics", {});
    REQUIRE(answer.status == 200);
    REQUIRE(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8");
    return parse_metrics(answer.body);
}

// The figures, once `family` with that label is `least` or more.
metric_families
figures_at(http_client& client, const std::string& family, const std::string& label, double least)
{
    metric_families seen;
    REQUIRE(becomes_true([&] {
        seen = figures(client);
        return metric(seen, family, label) >= least;
    }));
    return seen;
}

std::size_t names_with(const redis_server& redis, const std::string& part)
{
    const redis_reply names = redis.ask({"KEYS", "*" + part + "*"});
    return names.items.size();
}

} // namespace

TEST_CASE("figures move with what happens, on every store", "[wire][metrics]")
{
    wire_fixture& wire = any_wire();
    http_client client = wire.connect();
    const metric_families before = figures(client);
    const std::string token = wire.new_token(wire.member);
    const header_list bearing{{"Authorization", "Bearer " + token}};
    for (int count = 0; count < 3; ++count)
        CHECK(client.request("GET", "/verify", bearing).status == 200);
    CHECK(client.request("GET", "/verify", {}).status == 401);
    const metric_families after = figures(client);

    const auto grown = [&](const std::string& family, const std::string& label) {
        return metric(after, family, label) - metric(before, family, label);
    };
    CHECK(grown("latchkey_verifications_total", "accepted") == 3);
    CHECK(grown("latchkey_verifications_total", "no_token") == 1);
    CHECK(grown("latchkey_verifications_total", "refused") == 0);
    CHECK(grown("latchkey_audit_entries_total", {}) >= 1); // the token's creation
    CHECK(metric(after, "latchkey_connections_open") >= 1);
    CHECK(metric(after, "latchkey_store_readable") == 1);
    CHECK(metric(after, "latchkey_store_writable") == 1);
    CHECK(after.contains("latchkey_cache_entries") == (wire.store == engine::redis));
    CHECK_FALSE(after.contains(runs)); // no canary was asked for

    const http_answer text = client.request("GET", "/metrics", {});
    for (const std::string& hidden : {token, id_of(token), wire.member.username, wire.member.id})
        CHECK_FALSE(contains(text.body, hidden));
}

TEST_CASE("the canary measures a revocation over Redis, and is seen nowhere else", "[wire][metrics][redis]")
{
    wire_fixture wire{engine::redis, {"--canary-interval=20ms"}};
    http_client client = wire.connect();
    const metric_families seen = figures_at(client, runs, "completed", 5);
    CHECK(metric(seen, "latchkey_revocation_bound_exceeded_total") == 0);
    const double last = metric(seen, "latchkey_revocation_delay_last_seconds");
    CHECK(last > 0);
    CHECK(metric(seen, "latchkey_revocation_delay_longest_seconds") >= last);
    CHECK(metric(seen, "latchkey_verifications_total", "accepted") == 0);
    CHECK(metric(seen, "latchkey_verifications_total", "refused") == 0);
    // Every token of the canary's is new to the caches, and is revoked elsewhere. How many are told of is not
    // certain: what is read before a lease is proven is not kept.
    CHECK(metric(seen, "latchkey_cache_lookups_total", "miss") >= 5);
    figures_at(client, "latchkey_cache_invalidations_total", {}, 5);

    const std::string all = "?include_all=true&include_expired=true";
    for (int count = 0; count < 20; ++count) {
        const http_answer listed = wire.get(tokens_path("me") + all, wire.owner.token);
        CHECK(parsed(listed).as_array().empty());
    }
    const http_answer trail = wire.get("/api/v2/audit?q=resource_type:api_key&limit=100", wire.owner.token);
    CHECK(trail.status == 200);
    CHECK_FALSE(contains(trail.body, "c42fdf75-3097-471c-8c33-fb52454d81c0"));
}

TEST_CASE("a canary run that Redis does not answer is a failed one", "[wire][metrics][redis]")
{
    wire_fixture wire{engine::redis, {"--canary-interval=20ms"}};
    redis_server& redis = *wire.server().redis();
    http_client client = wire.connect();
    const double done = metric(figures_at(client, runs, "completed", 1), runs, "completed");

    redis.pause();
    figures_at(client, runs, "failed", 1);
    redis.resume();
    const metric_families seen = figures_at(client, runs, "completed", done + 2);
    CHECK(metric(seen, "latchkey_revocation_bound_exceeded_total") == 0);
}

TEST_CASE("a server that stops leaves no key of its canary behind", "[wire][metrics][redis]")
{
    const wire_server first{engine::redis, {"--canary-interval=0"}};
    http_client idle = first.connect();
    CHECK_FALSE(figures(idle).contains(runs));
    for (int round = 0; round < 5; ++round) {
        const wire_server second{first, {"--canary-interval=1ms"}};
        http_client client = second.connect();
        figures_at(client, runs, "completed", 1);
    }
    CHECK(names_with(*first.redis(), ":key:") == 0);
    CHECK(names_with(*first.redis(), ":gone:") >= 5);
}
