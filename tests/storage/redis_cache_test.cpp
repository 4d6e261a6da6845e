// The cache in front of a real Redis: what is kept, and what ends it.
#include "tests/storage/redis_cache_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <optional>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

TEST_CASE("what was asked for is answered without Redis, until Redis says that it has changed",
          "[redis][cache]")
{
    const cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);

    SECTION("deleted by another server")
    {
        REQUIRE(run_redis(redis.other->delete_key(id)));
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("expired by another server")
    {
        REQUIRE(run_redis(redis.other->expire_key(id, redis.time.now())));
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
        CHECK(run_redis(redis.store->ask(id))->key.kind == digest_kind::wiped);
        redis.cache(id);
        CHECK(redis.store->lookup(id).key->kind == digest_kind::wiped);
    }
    SECTION("its owner suspended by another server")
    {
        REQUIRE(run_redis(redis.other->change_user(
            redis.owner, {.status = user_status::suspended, .now = redis.time.now()})));
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
        CHECK(run_redis(redis.store->ask(id))->owner.status == user_status::suspended);
    }
    SECTION("all keys of its owner dropped by another server")
    {
        REQUIRE(
            run_redis(redis.other->change_user(redis.owner, {.drop_keys = true, .now = redis.time.now()})));
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("everything deleted by hand")
    {
        REQUIRE(redis.server.ask({"FLUSHALL"}).is_ok());
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("ended by Redis itself")
    {
        REQUIRE(redis.server.ask({"PEXPIRE", redis_layout::key(id), "1"}).integer == 1);
        REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
    }
    CHECK(redis.store->figures().invalidations > 0);
    CHECK(redis.store->figures().lease_losses == 0);
}

TEST_CASE("what a server changes itself it does not take from its cache, ahead of the news", "[redis][cache]")
{
    cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);
    redis.proxy.hold(line::changes);

    SECTION("a deletion")
    {
        REQUIRE(run_redis(redis.store->delete_key(id)));
        CHECK(redis.look(id) == outcome::ask);
    }
    SECTION("an expiry")
    {
        REQUIRE(run_redis(redis.store->expire_key(id, redis.time.now())));
        CHECK(redis.look(id) == outcome::ask);
    }
    SECTION("a suspension")
    {
        REQUIRE(run_redis(redis.store->change_user(
            redis.owner, {.status = user_status::suspended, .now = redis.time.now()})));
        CHECK(redis.look(id) == outcome::ask);
    }
    SECTION("a deletion of the owner")
    {
        REQUIRE(run_redis(redis.store->delete_user(redis.owner, redis.time.now())));
        CHECK(redis.look(id) == outcome::ask);
    }
    SECTION("a creation")
    {
        key_record key = sample_token(2, redis.owner, redis.time.now());
        std::ranges::copy(redis.store->id_prefix(redis.owner), key.id.characters.begin());
        const key_id made = key.id;
        redis.proxy.release();
        redis.cache(made, outcome::absent);
        redis.proxy.hold(line::changes);
        REQUIRE(run_redis(redis.store->insert_key(std::move(key))));
        CHECK(redis.look(made) == outcome::ask);
    }
}

TEST_CASE("a revocation between a read and its reply: the reply is used once and not kept", "[redis][cache]")
{
    cached_case redis;
    redis.cache(redis.add_token(1)); // so that there is a lease
    const key_id id = redis.add_token(2);
    redis.proxy.hold_answers_to(redis_layout::key(id));
    const auto read = std::make_shared<std::optional<result<key_with_owner>>>();
    asio::co_spawn(
        redis_context(),
        redis.store->ask(id),
        [read](const std::exception_ptr&, result<key_with_owner> answer) { *read = std::move(answer); });
    REQUIRE(cached_case::holds_until([&] { return redis.proxy.held() == 1; }));
    REQUIRE_FALSE(read->has_value());
    const std::uint64_t news = redis.store->figures().invalidations;

    REQUIRE(run_redis(redis.other->delete_key(id)));
    REQUIRE(cached_case::holds_until([&] { return redis.store->figures().invalidations > news; }));
    redis.proxy.release();
    REQUIRE(cached_case::holds_until([&] { return read->has_value(); }));

    CHECK((*read)->has_value()); // that check began before the revocation
    CHECK(redis.look(id) == outcome::ask);
    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
}

TEST_CASE("a read whose connection broke gives its claim back", "[redis][cache]")
{
    cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(redis.add_token(2));
    redis.proxy.hold_answers_to(redis_layout::key(id));
    const auto read = std::make_shared<std::optional<result<key_with_owner>>>();
    asio::co_spawn(
        redis_context(),
        redis.store->ask(id),
        [read](const std::exception_ptr&, result<key_with_owner> answer) { *read = std::move(answer); });
    REQUIRE(cached_case::holds_until([&] { return redis.proxy.held() == 1; }));

    redis.proxy.cut(line::data);
    REQUIRE(cached_case::holds_until([&] { return read->has_value(); }));
    CHECK((*read)->error() == storage_errc::unavailable);
    redis.proxy.release();

    CHECK(redis.finds_again(id));
}

TEST_CASE("either connection takes the lease with it, and another lease comes by itself", "[redis][cache]")
{
    cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);

    const line which = GENERATE(line::changes, line::data);
    redis.proxy.cut(which);

    REQUIRE(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; }));
    CHECK(redis.store->figures().lease_losses == 1);
    if (which == line::changes) CHECK(run_redis(redis.store->ask(id))); // need not notice
    CHECK(redis.finds_again(id));
    REQUIRE(run_redis(redis.other->delete_key(id)));
    CHECK(cached_case::holds_until([&] { return redis.look(id) == outcome::ask; })); // the new stream tells
}

TEST_CASE("uses that the cache answered reach Redis by themselves", "[redis][cache]")
{
    cached_case redis{{.flush_interval = 0ms, .cache_bytes = 1'000'000, .cache_lease = long_lease}};
    const key_id id = redis.add_token(1);
    redis.cache(id);
    const time_point used = redis.time.now();

    redis.store->lookup(id).record_use(used);

    CHECK(run_redis(redis.store->find_key(id))->last_used == used); // and are known here at once
    const std::string name = redis_layout::used(id);
    CHECK(cached_case::holds_until([&] { return !redis.server.ask({"GET", name}).is_nil(); }));
    CHECK(run_redis(redis.other->find_key(id))->last_used == used);
}

TEST_CASE("uses that the cache answered are written when the store is closed", "[redis][cache]")
{
    const cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);
    redis.store->lookup(id).record_use(redis.time.now());

    REQUIRE(run_redis(redis.store->close()));

    CHECK(run_redis(redis.other->find_key(id))->last_used != time_point{});
}

TEST_CASE("without a lease there is no cache, and nothing is tracked", "[redis][cache]")
{
    redis_server of_its_own; // where no earlier test's client is still subscribed
    const cached_case redis{{.cache_bytes = 1'000'000}, of_its_own};
    const key_id id = redis.add_token(1);
    for (int times = 0; times < 3; ++times) {
        CHECK(run_redis(redis.store->ask(id)));
        CHECK(redis.look(id) == outcome::ask);
    }
    CHECK(redis.server.ask({"CLIENT", "LIST", "TYPE", "pubsub"}).text.empty());
    CHECK(redis.store->figures().misses == 0);
}

TEST_CASE("a Redis user who may not subscribe is served without a cache", "[redis][cache]")
{
    redis_server server{{.settings = {"user limited on >secret ~* resetchannels +@all"}}};
    redis_endpoint endpoint = server.endpoint();
    endpoint.login.user = "limited";
    endpoint.login.password = "secret";
    const steady_wall_clock time;
    const redis_store_options options{.cache_bytes = 1'000'000, .cache_lease = long_lease};
    auto opened = run_redis(redis_store::open(clients_of(endpoint), time, options));
    REQUIRE(opened);
    redis_store& store = **opened;
    REQUIRE(run_redis(store.insert_user(sample_user(1, time.now()))));
    key_record key = sample_token(1, sample_uuid(1), time.now());
    std::ranges::copy(store.id_prefix(sample_uuid(1)), key.id.characters.begin());
    const key_id id = key.id;
    REQUIRE(run_redis(store.insert_key(std::move(key))));

    for (int times = 0; times < 20; ++times) {
        CHECK(run_redis(store.ask(id)));
        CHECK(store.lookup(id).what == outcome::ask);
    }
}

TEST_CASE("a lookup on a thread that has no shard asks", "[redis][cache]")
{
    const cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);
    outcome elsewhere = outcome::found;

    std::thread{[&] { elsewhere = redis.look(id); }}.join();

    CHECK(elsewhere == outcome::ask);
    CHECK(redis.look(id) == outcome::found);
}

TEST_CASE("what is cached is bound to the store that answered: two stores on one thread keep to their own",
          "[redis][cache]")
{
    const cached_case redis;
    const auto second =
        open_redis_store(redis.server, redis.time, {.cache_bytes = 1'000'000, .cache_lease = long_lease});
    const key_id id = redis.add_token(1);
    redis.cache(id);

    CHECK(run_redis(second->ask(id)));
    CHECK(redis.look(id) == outcome::found);
    CHECK(redis.store->figures().entries == 1);
}

TEST_CASE("who shows the revision of a revocation is not answered from a cache that has yet to hear of it",
          "[redis][cache]")
{
    cached_case redis;
    const key_id id = redis.add_token(1);
    redis.cache(id);
    redis.proxy.hold(line::changes);

    revision revoked = any_revision;
    SECTION("a deletion")
    {
        revoked = run_redis(redis.other->delete_key(id))->changed_at;
    }
    SECTION("an expiry")
    {
        revoked = run_redis(redis.other->expire_key(id, redis.time.now()))->changed_at;
    }
    SECTION("an expiry that an earlier call made")
    {
        REQUIRE(run_redis(redis.other->expire_key(id, redis.time.now())));
        revoked = run_redis(redis.other->expire_key(id, redis.time.now()))->changed_at;
    }
    SECTION("a suspension")
    {
        const user_change suspension{.status = user_status::suspended, .now = redis.time.now()};
        revoked = run_redis(redis.other->change_user(redis.owner, suspension))->changed_at;
    }
    SECTION("all keys of the owner dropped")
    {
        const user_change drop{.drop_keys = true, .now = redis.time.now()};
        revoked = run_redis(redis.other->change_user(redis.owner, drop))->changed_at;
    }
    SECTION("a deletion of the owner")
    {
        revoked = run_redis(redis.other->delete_user(redis.owner, redis.time.now()))->changed_at;
    }
    REQUIRE(revoked > any_revision);

    // The news is held, and the lease is a long one.
    CHECK(redis.look(id) == outcome::found);
    CHECK(redis.store->lookup(id, revoked).what == outcome::ask);
    CHECK(redis.store->lookup(id, no_kept_revision).what == outcome::ask);
    const auto asked = run_redis(redis.store->ask(id));
    if (asked) {
        const bool is_good = asked->key.kind != digest_kind::wiped && !asked->owner.is_deleted &&
                             asked->owner.status == user_status::active;
        CHECK_FALSE(is_good);
    }
}

TEST_CASE("a key that is absent is not said to be so from before a revision", "[redis][cache]")
{
    cached_case redis;
    key_record key = sample_token(1, redis.owner, redis.time.now());
    std::ranges::copy(redis.other->id_prefix(redis.owner), key.id.characters.begin());
    const key_id id = key.id;
    redis.cache(id, outcome::absent);
    redis.proxy.hold(line::changes);
    const key_id gone = redis.add_token(2);
    REQUIRE(run_redis(redis.other->insert_key(std::move(key))));
    const revision later = run_redis(redis.other->delete_key(gone))->changed_at;

    CHECK(redis.look(id) == outcome::absent);
    CHECK(redis.store->lookup(id, later).what == outcome::ask);
    CHECK(run_redis(redis.store->ask(id)));
}

TEST_CASE("a revision is served from the cache again once the lease is proven beyond it", "[redis][cache]")
{
    cached_case redis;
    const key_id id = redis.add_token(1);
    const key_id revoked = redis.add_token(2);
    redis.cache(id);
    redis.cache(revoked);
    const revision wanted = run_redis(redis.other->delete_key(revoked))->changed_at;

    const auto is_served = [&] { return redis.store->lookup(id, wanted).what == outcome::found; };
    REQUIRE(cached_case::holds_until(is_served));

    const cache_figures before = redis.store->figures();
    for (int times = 0; times < 10; ++times)
        CHECK(is_served());
    CHECK(redis.store->figures().hits == before.hits + 10);
    CHECK(redis.store->figures().misses == before.misses);
    CHECK(redis.store->lookup(revoked, wanted).what == outcome::ask); // the news has come before that proof
    CHECK(redis.look(revoked) == outcome::ask);
}
