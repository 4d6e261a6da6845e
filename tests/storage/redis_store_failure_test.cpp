// What the store in Redis does when Redis loses what it had, goes away, refuses, or is not fit.
#include "tests/storage/redis_store_fixture.hpp"

#include <boost/asio/steady_timer.hpp>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

open_error error_of_opening(const redis_server& server)
{
    const fake_clock time;
    const auto opened = run_redis(redis_store::open(clients_of(server.endpoint()), time, {}));
    REQUIRE_FALSE(opened);
    return opened.error();
}

} // namespace

TEST_CASE("a Redis that was emptied refuses every token, and serves anew")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    REQUIRE(redis.server.ask({"FLUSHALL"}).is_ok());

    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->find_key(id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->delete_key(id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->find_user(owner)).error() == storage_errc::not_found);
    CHECK(run_redis(all_of(redis.store->list_tokens({.now = redis.time.now()})))->empty());
    CHECK(run_redis(redis.store->insert_key(redis.token(2, owner))).error() == storage_errc::owner_gone);

    const auto later = open_redis_store(redis.server, redis.time); // a server that starts afterwards
    REQUIRE(run_redis(later->insert_first_user(sample_user(2, redis.time.now()))));
    const key_id fresh = redis.add_token(3, sample_uuid(2));
    CHECK(run_redis(later->ask(fresh)));
    CHECK(run_redis(redis.store->ask(fresh)));
}

TEST_CASE("a server whose tags are not Redis's any more takes up the new ones")
{
    const redis_case redis;
    REQUIRE(redis.server.ask({"FLUSHALL"}).is_ok());
    REQUIRE(redis.server.ask({"SET", std::string{redis_layout::deployment}, "0123456789abcdef"}).is_ok());
    const auto later = open_redis_store(redis.server, redis.time);
    const uuid owner = sample_uuid(1);
    REQUIRE(run_redis(later->insert_user(sample_user(1, redis.time.now()))));
    REQUIRE(redis.store->id_prefix(owner) != later->id_prefix(owner));

    // With an id of the old tag; the refusal makes whoever mints draw another one.
    CHECK(run_redis(redis.store->insert_key(redis.token(1, owner))).error() == storage_errc::id_taken);
    CHECK(redis.store->id_prefix(owner) == later->id_prefix(owner));
    CHECK(run_redis(later->ask(redis.add_token(1, owner))));
}

TEST_CASE("a Redis key that was evicted means a refusal, and the rest can still be removed")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);

    SECTION("the key: the token is unknown")
    {
        redis.server.ask({"DEL", redis_layout::key(id)});
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
        CHECK(run_redis(redis.store->delete_key(id)));
    }
    SECTION("what lists show: the token can be verified, found, and removed")
    {
        redis.server.ask({"DEL", redis_layout::meta(id)});
        CHECK(run_redis(redis.store->ask(id)));
        CHECK(run_redis(redis.store->find_key(id)));
        REQUIRE(run_redis(redis.store->delete_key(id)));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("the list: the token is not in it, and dropping all keys takes it along")
    {
        redis.server.ask({"DEL", redis_layout::keys(redis.store->id_prefix(owner), owner)});
        CHECK(run_redis(redis.store->list_all_keys(owner))->empty());
        REQUIRE(run_redis(redis.store->change_user(owner, {.drop_keys = true, .now = redis.time.now()})));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("an owner's standing: tokens are refused for good, and new ones can be made")
    {
        redis.server.ask({"DEL", redis_layout::owners(redis.store->id_prefix(owner))});
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
        const key_id fresh = redis.add_token(2, owner);
        CHECK(run_redis(redis.store->ask(fresh)));
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    }
    SECTION("a record that nobody can read: as if it were not there")
    {
        redis.server.ask({"SET", redis_layout::key(id), "nonsense"});
        redis.server.ask({"SET", redis_layout::meta(id), "nonsense"});
        CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
        CHECK(run_redis(redis.store->find_key(id)).error() == storage_errc::not_found);
        CHECK(run_redis(redis.store->list_all_keys(owner))->empty());
    }
    SECTION("a Redis key of another type: an error, and no crash")
    {
        redis.server.ask({"DEL", redis_layout::keys(redis.store->id_prefix(owner), owner)});
        redis.server.ask({"SET", redis_layout::keys(redis.store->id_prefix(owner), owner), "text"});
        CHECK(run_redis(redis.store->list_all_keys(owner)).error() == storage_errc::unavailable);
        CHECK(run_redis(redis.store->insert_key(redis.token(2, owner))).error() == storage_errc::unavailable);
    }
}

TEST_CASE("while Redis is away everything is unavailable, health says so, and all is well by itself later")
{
    redis_server server{{.settings = {"appendonly yes", "appendfsync always"}}};
    const redis_case redis{server};
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    CHECK(redis.store->health().can_read);
    server.kill();

    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::unavailable);
    CHECK(run_redis(redis.store->delete_key(id)).error() == storage_errc::unavailable);
    CHECK(run_redis(redis.store->find_user(owner)).error() == storage_errc::unavailable);
    const store_health seen = redis.store->health();
    CHECK_FALSE(seen.can_read);
    CHECK_FALSE(seen.can_write);
    CHECK_FALSE(seen.problem.empty());

    server.start();
    const auto ask_until_well = [&] { // every connection comes back for itself
        for (int tries = 0; tries < 500; ++tries) {
            const auto found = run_redis(redis.store->ask(id));
            const bool is_answered = found || found.error() == storage_errc::not_found;
            if (is_answered && redis.store->health().can_read) return true;
            asio::io_context waiting;
            asio::steady_timer{waiting, 20ms}.wait();
        }
        return false;
    };
    CHECK(ask_until_well());
    INFO(redis.store->health().problem);
    CHECK(run_redis(redis.store->find_user(owner)));
    CHECK(redis.store->health().problem.empty());
}

TEST_CASE("a Redis that refuses to write makes mutations unavailable, and health says why")
{
    redis_server server{};
    const redis_case redis{server};
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    REQUIRE(server.ask({"CONFIG", "SET", "min-replicas-to-write", "1"}).is_ok());

    CHECK(run_redis(redis.store->insert_key(redis.token(2, owner))).error() == storage_errc::unavailable);
    CHECK(run_redis(redis.store->ask(id)));
    CHECK(redis.store->health().can_read);
    CHECK_FALSE(redis.store->health().can_write);
    CHECK(redis.store->health().problem.find("NOREPLICAS") != std::string::npos);

    REQUIRE(server.ask({"CONFIG", "SET", "min-replicas-to-write", "0"}).is_ok());
    CHECK(run_redis(redis.store->insert_key(redis.token(2, owner))));
    CHECK(redis.store->health().can_write);
}

TEST_CASE("a Redis that may evict users is refused, in one line that says what to do")
{
    for (const std::string policy : {"allkeys-lru", "allkeys-lfu", "allkeys-random"}) {
        CAPTURE(policy);
        const redis_server server{{.settings = {"maxmemory-policy " + policy}}};
        const std::string message = error_of_opening(server).message;
        CHECK(message.find(policy) != message.npos);
        CHECK(message.find("noeviction") != message.npos);
        CHECK(message.find('\n') == message.npos);
    }
}

TEST_CASE("a Redis that may evict tokens is taken, with a warning")
{
    const redis_server server{{.settings = {"maxmemory-policy volatile-ttl"}}};
    const fake_clock time;
    const auto store = open_redis_store(server, time);
    REQUIRE(store->warnings().size() == 1);
    CHECK(store->warnings().front().find("401") != std::string::npos);
    CHECK(open_redis_store(empty_redis(), time)->warnings().empty());
}

TEST_CASE("a Redis that cannot be reached or does not let us in is told from others, without the password")
{
    redis_server server{{.password = "right-password"}};
    const fake_clock time;
    redis_endpoint wrong = server.endpoint();
    wrong.login.password = "wrong-password";
    const auto opened = run_redis(redis_store::open(clients_of(wrong), time, {}));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message.find("wrong-password") == std::string::npos);
    CHECK(opened.error().message.find("WRONGPASS") != std::string::npos);

    server.kill();
    CHECK_FALSE(error_of_opening(server).message.empty());
}
