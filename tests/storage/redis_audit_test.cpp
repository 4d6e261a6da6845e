// Several servers' audit logs over one Redis.
#include "storage/run_to_end.hpp"
#include "tests/storage/redis_audit_fixture.hpp"
#include "tests/support/patience.hpp"

#include <algorithm>
#include <atomic>
#include <list>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

TEST_CASE("what one server appended another finds at once, in the same order", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    for (int n = 1; n <= 30; ++n) {
        audit_server& writer = n % 3 == 0 ? one : other;
        audit_server& reader = n % 3 == 0 ? other : one;
        writer.append(n, n);
        REQUIRE(reader.found({.limit = 1}) == numbers_down(n, n));
    }

    for (audit_server* const server : {&one, &other}) {
        CHECK(server->found() == numbers_down(30, 1));
        CHECK(server->count() == 30);
        CHECK(server->found({.limit = 5, .offset = 10}) == numbers_down(20, 16));
        CHECK(server->found({.limit = 4, .after_id = numbered_id(9)}) == numbers_down(8, 5));
        CHECK(server->found({.request_id = numbered_id(2'000'012)}) == numbers_down(12, 12));
        CHECK(server->search({.username = "bob", .limit = 2})->count == 15);
        CHECK(server->log->health().problem.empty());
    }
}

TEST_CASE("a found entry of another server is whole", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    audit_entry written = refused_entry(1);
    written.user_agent = "a \"quoted\" name";
    written.additional_fields = {{"folded", 3}};
    REQUIRE(run_redis(one.log->append(written)));

    const audit_entry read = other.search().value().entries.at(0);

    CHECK(read.id == written.id);
    CHECK(read.time == written.time);
    CHECK(read.actor == written.actor);
    CHECK(read.actor_username == written.actor_username);
    CHECK(read.actor_key == written.actor_key);
    CHECK(read.resource_target == written.resource_target);
    CHECK(read.outcome == written.outcome);
    CHECK(read.status == written.status);
    CHECK(read.address == written.address);
    CHECK(read.user_agent == written.user_agent);
    CHECK(read.diff == written.diff);
    CHECK(read.additional_fields == written.additional_fields);
}

TEST_CASE("after a restart a server finds what it wrote before, once", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    one.append(1, 10);
    other.append(11, 20);

    one.stop();
    one.start();
    one.append(21, 25);

    CHECK(one.found() == numbers_down(25, 1));
    CHECK(one.count() == 25);
    CHECK(other.found() == numbers_down(25, 1));
    CHECK_FALSE(one.file.verify().fault);
}

TEST_CASE("the stream is bounded, and a new server finds what is in it", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint(), {.stream_length = 50}};
    one.append(1, 600);
    const std::size_t kept = length_of_stream(redis);
    CHECK(kept >= 50);
    CHECK(kept < 200); // Redis drops whole blocks, of a hundred entries at most
    CHECK(redis.ask({"PTTL", audit_stream}).integer == -1);

    audit_server fresh{redis.endpoint(), {.stream_length = 50}};
    CHECK(fresh.count() == kept);
    CHECK(fresh.found({.limit = 10}) == numbers_down(600, 591));
    CHECK(one.count() == 600); // its own file holds all
}

TEST_CASE("more entries than one answer holds are all read", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    const int all = 2 * static_cast<int>(redis_audit_follower::batch) + 50;
    one.append(1, all);
    CHECK(other.count() == static_cast<std::size_t>(all));
}

TEST_CASE("an entry is in the stream before the act that it describes, which does not wait for it",
          "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint(), {}, {.command_deadline = 60s}};
    const auto client = one.store->access()->on(redis_context().get_executor())->client.get();
    for (int n = 1; n <= 50; ++n) {
        REQUIRE(run_redis(one.log->append(numbered_entry(n))));
        const auto length =
            run_redis(client->run(redis_command{"XLEN"}.key(audit_stream), redis_effect::idempotent));
        REQUIRE(length.value().integer == n);
    }

    redis.pause(); // it can take nothing in and answer nothing
    CHECK(run_redis(one.log->append(numbered_entry(51))));
    redis.resume();
    CHECK(
        run_redis(client->run(redis_command{"XLEN"}.key(audit_stream), redis_effect::idempotent))->integer ==
        51);
    CHECK(one.log->unsent() == 0);
}

namespace {

task<bool> is_there_before_its_act(audit_server& server, int n)
{
    auto appending = server.log->append(numbered_entry(n));
    const result<void> appended = co_await std::move(appending);
    if (!appended) co_return false;
    // What is asked for from now on may be the act, and looks for the entry instead.
    const std::shared_ptr<redis_shard> here = server.store->access()->on(redis_context().get_executor());
    redis_command all{"XRANGE"};
    all.key(audit_stream).arg("-").arg("+");
    auto asking = here->client->run(std::move(all), redis_effect::idempotent);
    const result<redis_reply> entries = co_await std::move(asking);
    if (!entries) co_return false;
    const std::string id = to_string(numbered_id(n));
    const auto is_its = [&](const redis_reply& entry) {
        return entry.items[1].items[3].text.find(id) != std::string::npos;
    };
    co_return std::any_of(entries->items.begin(), entries->items.end(), is_its);
}

} // namespace

TEST_CASE("entries of one turn leave together, all of them before any of their acts", "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint(), {}, {.command_deadline = 60s}};
    one.append(1, 1);
    std::vector<task<bool>> acts;
    for (int n = 2; n <= 60; ++n)
        acts.push_back(is_there_before_its_act(one, n));
    const auto seen = run_redis(run_together(std::move(acts), 59));
    CHECK(std::count(seen.begin(), seen.end(), true) == 59);

    one.append_together(61, 90);
    CHECK(length_of_stream(redis) == 90);
    CHECK(one.log->unsent() == 0);
    audit_server other{redis.endpoint()};
    CHECK(other.count() == 90);
}

TEST_CASE("the stream is read by itself while somebody searches, and not where nobody does", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    const auto reads_of = [&](std::chrono::milliseconds time) {
        REQUIRE(redis.ask({"CONFIG", "RESETSTAT"}).is_ok());
        redis_context().restart();
        redis_context().run_for(time); // the periodic work, once a second
        return redis.calls_of("xrange") > 0;
    };
    one.append(1, 3);
    CHECK_FALSE(reads_of(2500ms));

    CHECK(one.count() == 3);
    CHECK(becomes_true([&] { return reads_of(1s); }));
}

TEST_CASE("an emptied Redis is read from its new beginning", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    one.append(1, 5);
    REQUIRE(other.count() == 5);

    REQUIRE(redis.ask({"FLUSHALL"}).is_ok());
    one.append(6, 7);

    CHECK(other.found() == numbers_down(7, 6));
    CHECK(one.found() == numbers_down(7, 1));
}

TEST_CASE("the shards of servers append and search at once", "[redis_audit]")
{
    constexpr int shards = 3;
    constexpr int entries = 60; // of each
    const redis_server& redis = empty_redis();
    std::list<asio::io_context> contexts; // outlive the servers' threads, which post to them
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    std::atomic<int> failures{0};
    const auto work = [&](asio::io_context& here, int first) {
        for (int n = first; n < first + entries; ++n) {
            audit_server& writer = n % 2 == 0 ? one : other;
            audit_server& reader = n % 2 == 0 ? other : one;
            if (!run_to_end(here, writer.log->append(refused_entry(n)))) ++failures;
            const auto page =
                run_to_end(here, reader.log->search({.request_id = numbered_id(2'000'000 + n)}));
            if (!page || page->count != 1) ++failures;
        }
    };
    std::vector<std::thread> threads;
    for (int shard = 0; shard < shards; ++shard)
        threads.emplace_back(work, std::ref(contexts.emplace_back(1)), shard * entries + 1);
    for (std::thread& each : threads)
        each.join();

    CHECK(failures == 0);
    CHECK(one.found({.limit = 1000}) == numbers_down(shards * entries, 1));
    CHECK(other.found({.limit = 1000}) == numbers_down(shards * entries, 1));
}
