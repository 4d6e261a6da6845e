// What is particular to the store in Redis: what lies there and for how long, and several stores over one
// Redis.
#include "storage/hex_text.hpp"
#include "tests/storage/redis_store_fixture.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

TEST_CASE("the hash of a token lives exactly as long as the token")
{
    redis_case redis;
    // A whole millisecond: an end in Redis has nothing finer.
    const auto now = std::chrono::floor<std::chrono::milliseconds>(redis.time.now());
    redis.time.set(now);
    const auto from_now = [&](std::chrono::milliseconds later) {
        return (now + later).time_since_epoch().count();
    };
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    CHECK(redis.end_of(redis_layout::key(id)) == from_now(1h));
    CHECK(redis.end_of(redis_layout::meta(id)) == from_now(1h + 24h * 7));

    REQUIRE(run_redis(redis.store->extend_key(id, now + 5h, now)));
    CHECK(redis.end_of(redis_layout::key(id)) == from_now(5h));

    REQUIRE(run_redis(redis.store->expire_key(id, now)));
    CHECK(redis.server.ask({"EXISTS", redis_layout::key(id)}).integer == 0);
    CHECK(redis.end_of(redis_layout::meta(id)) == from_now(24h * 7));
}

TEST_CASE(
    "every Redis key of a token has a TTL: nothing of it is without an end, and the hash is in one place")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    for (std::uint32_t number = 1; number <= 6; ++number)
        redis.store->record_use(redis.add_token(number, owner), redis.time.now());
    REQUIRE(run_redis(redis.store->close()));
    REQUIRE(run_redis(redis.store->expire_key(redis.token(1, owner).id, redis.time.now())));
    REQUIRE(run_redis(redis.store->delete_key(redis.token(2, owner).id)));
    REQUIRE(run_redis(
        redis.store->extend_key(redis.token(3, owner).id, redis.time.now() + 2h, redis.time.now())));
    REQUIRE(run_redis(all_of(redis.store->list_tokens({.now = redis.time.now()}))));

    std::size_t hashes = 0;
    for (const std::string& name : redis.names()) {
        CAPTURE(name);
        const bool belongs_to_user = name.starts_with("lk:{users}:") || name.ends_with(":owners");
        if (!belongs_to_user && name != redis_layout::deployment) CHECK(redis.end_of(name) > 0);
        const std::string content = redis.content(name);
        for (std::uint32_t number = 1; number <= 6; ++number) {
            const key_record key = redis.token(number, owner);
            if (content.find(to_hex(key.secret_digest)) == content.npos) continue;
            CHECK(name == redis_layout::key(key.id));
            ++hashes;
        }
    }
    CHECK(hashes == 4); // one is expired, one deleted
}

TEST_CASE("a list of keys that nobody reads does not grow without end")
{
    redis_case redis;
    const uuid owner = redis.add_user(1);
    const std::string list = redis_layout::keys(redis.store->id_prefix(owner), owner);
    for (std::uint32_t number = 1; number <= 5; ++number) {
        redis.add_token(number, owner);
        redis.time.advance(24h * 30);
    }
    CHECK(redis.server.ask({"ZCARD", list}).integer == 1);
}

TEST_CASE("marks of use and sightings reach Redis, and every store, when a store is closed")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    const auto other = open_redis_store(redis.server, redis.time);
    redis.store->record_use(id, redis.time.now() + 7s);
    redis.store->record_seen(owner, redis.time.now() + 8s);
    redis.store->record_use(sample_key_id(404), redis.time.now());
    CHECK(run_redis(other->find_key(id))->last_used == time_point{});

    REQUIRE(run_redis(redis.store->close()));

    CHECK(run_redis(other->find_key(id))->last_used == redis.time.now() + 7s);
    CHECK(run_redis(all_of(other->list_tokens({.now = redis.time.now()})))->front().last_used ==
          redis.time.now() + 7s);
    CHECK(run_redis(other->find_user(owner))->last_seen_at == redis.time.now() + 8s);
    CHECK(run_redis(other->list_users())->front().last_seen_at == redis.time.now() + 8s);
    CHECK(redis.server.ask({"EXISTS", redis_layout::used(sample_key_id(404))}).integer == 0);

    other->record_use(id, redis.time.now() + 3s); // earlier than what is known
    REQUIRE(run_redis(other->close()));
    CHECK(run_redis(other->find_key(id))->last_used == redis.time.now() + 7s);
}

namespace {

// Until another store sees the use, which the periodic work of the first one must bring about.
task<result<time_point>> use_seen_by(redis_store& other, key_id id)
{
    const executor where = co_await asio::this_coro::executor;
    redis_shard::timer pause{where};
    while (true) {
        auto finding = other.find_key(id);
        const result<key_listing> found = co_await std::move(finding);
        if (!found) co_return found.error();
        if (found->last_used != time_point{}) co_return found->last_used;
        pause.expires_after(20ms);
        co_await pause.async_wait(use_task);
    }
}

} // namespace

TEST_CASE("marks of use reach Redis by themselves")
{
    redis_case redis;
    redis.store = open_redis_store(redis.server, redis.time, {.flush_interval = 0ms});
    const key_id id = redis.add_token(1, redis.add_user(1));
    const auto other = open_redis_store(redis.server, redis.time);

    redis.store->record_use(id, redis.time.now());

    CHECK(run_redis(use_seen_by(*other, id)) == redis.time.now());
}

TEST_CASE("two stores over one Redis see each other's writes at once")
{
    const redis_case redis;
    const auto other = open_redis_store(redis.server, redis.time);
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    CHECK(other->id_prefix(owner) == redis.store->id_prefix(owner));
    CHECK(run_redis(other->ask(id)));
    CHECK(run_redis(other->insert_key(redis.token(1, owner))).error() == storage_errc::name_taken);

    REQUIRE(
        run_redis(other->change_user(owner, {.status = user_status::suspended, .now = redis.time.now()})));
    CHECK(run_redis(redis.store->ask(id))->owner.status == user_status::suspended);

    REQUIRE(run_redis(other->delete_key(id)));
    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    const key_id second = redis.add_token(2, owner);
    REQUIRE(run_redis(other->delete_user(owner, redis.time.now())));
    CHECK(run_redis(redis.store->ask(second)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->insert_key(redis.token(3, owner))).error() == storage_errc::owner_gone);
}

namespace {

using user_task = std::function<void(const redis_case&, const uuid&)>;

// What a change of a user with so many keys has Redis do, commands inside of scripts included.
std::int64_t commands_for(std::uint32_t keys, const user_task& change)
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    for (std::uint32_t number = 1; number <= keys; ++number)
        redis.add_token(number, owner);
    REQUIRE(redis.server.ask({"CONFIG", "RESETSTAT"}).is_ok());
    change(redis, owner);
    const std::string stats = redis.server.ask({"INFO", "commandstats"}).text;

    CHECK(run_redis(redis.store->ask(redis.token(keys, owner).id)).error() == storage_errc::not_found);
    std::int64_t calls = 0;
    constexpr std::string_view name = "cmdstat_", count = ":calls=";
    for (std::size_t at = stats.find(name); at != stats.npos; at = stats.find(name, at + 1)) {
        const std::string_view line = std::string_view{stats}.substr(at + name.size());
        const std::string_view command = line.substr(0, line.find(':'));
        const bool is_ours = command.starts_with("ping") || command.starts_with("info") ||
                             command.starts_with("config") || command.starts_with("client");
        if (!is_ours) calls += std::stoll(std::string{line.substr(line.find(count) + count.size())});
    }
    CHECK(calls > 0);
    return calls;
}

} // namespace

TEST_CASE("a Redis without users takes the key of another deployment's ids, and all servers follow",
          "[redis]")
{
    const redis_case redis;
    const auto& running = redis.store;
    const auto& time = redis.time;
    const siphash_key coming{1, 2, 3};
    REQUIRE(running->id_tag_key() != coming);

    const auto importer = open_redis_store(redis.server, time, {.id_tag_key = coming});
    CHECK(importer->id_tag_key() == coming);
    REQUIRE(run_redis(importer->insert_user(sample_user(1, time.now()))));
    key_record key = sample_token(1, sample_uuid(1), time.now());
    std::ranges::copy(importer->id_prefix(sample_uuid(1)), key.id.characters.begin());
    REQUIRE(run_redis(importer->insert_key(key)));

    // The one that was running makes its next key for that user in the same place.
    CHECK(run_redis(running->ask(key.id)).has_value());
    key_record next = sample_token(2, sample_uuid(1), time.now());
    std::ranges::copy(running->id_prefix(sample_uuid(1)), next.id.characters.begin());
    CHECK(run_redis(running->insert_key(next)).error() == storage_errc::id_taken); // drawn by the old key
    CHECK(running->id_tag_key() == coming);
    std::ranges::copy(running->id_prefix(sample_uuid(1)), next.id.characters.begin());
    CHECK(run_redis(running->insert_key(next)));

    const auto late = open_redis_store(redis.server, time, {.id_tag_key = siphash_key{9}});
    CHECK(late->id_tag_key() == coming); // there are users
}

TEST_CASE("bulk revoke is O(1) by epoch, not by walking: its commands do not grow with the keys there are")
{
    const user_task drop_keys = [](const redis_case& redis, const uuid& owner) {
        REQUIRE(run_redis(redis.store->change_user(owner, {.drop_keys = true, .now = redis.time.now()})));
    };
    const user_task delete_user = [](const redis_case& redis, const uuid& owner) {
        REQUIRE(run_redis(redis.store->delete_user(owner, redis.time.now())));
    };
    for (const auto& change : {drop_keys, delete_user}) {
        commands_for(1, change); // the scripts are known to the server from here on
        const std::int64_t few = commands_for(1, change);
        CHECK(few < 20);
        CHECK(commands_for(200, change) < few + 20); // room for what a store does of itself
    }
}
