// Many keys that are made in one turn, as a server does for a caller with many connections.
#include "storage/redis_layout.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/run_together.hpp"
#include "tests/storage/redis_topology_fixture.hpp"
#include "tests/support/redis_proxy.hpp"

#include <boost/asio/detached.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr std::size_t keys_of_a_run = 16; // as the store has it

std::vector<result<void>> insert_together(redis_store& store, const std::vector<key_record>& keys)
{
    std::vector<task<result<void>>> insertions;
    for (const key_record& key : keys)
        insertions.push_back(store.insert_key(key));
    return run_redis(run_together(std::move(insertions), keys.size()));
}

void check_all_made(const std::vector<result<void>>& outcomes)
{
    for (const result<void>& outcome : outcomes)
        CHECK(outcome);
}

// Numbered from 1.
template <class Case>
std::vector<key_record> tokens_of(const Case& redis, const uuid& owner, std::uint32_t count)
{
    std::vector<key_record> tokens;
    for (std::uint32_t number = 1; number <= count; ++number)
        tokens.push_back(redis.token(number, owner));
    return tokens;
}

template <class Case>
void check_all_there(const Case& redis, const std::vector<key_record>& keys)
{
    for (const key_record& key : keys) {
        const auto found = run_redis(redis.store->ask(key.id));
        REQUIRE(found);
        CHECK(found->key.secret_digest == key.secret_digest);
        CHECK(found->key.name == key.name);
        CHECK(found->owner.view().id == key.owner);
    }
}

// In milliseconds since 1970.
std::int64_t end_of(const redis_case& redis, const std::string& name)
{
    return redis.server.ask({"PEXPIRETIME", name}).integer;
}

} // namespace

TEST_CASE("keys that one turn makes for an owner are made by few runs of a script", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const std::vector<key_record> keys = tokens_of(redis, owner, 50);
    const int before = redis.server.calls_of("evalsha");
    check_all_made(insert_together(*redis.store, keys));
    CHECK(redis.server.calls_of("evalsha") - before == (50 + keys_of_a_run - 1) / keys_of_a_run);

    check_all_there(redis, keys);
    CHECK(run_redis(redis.store->list_all_keys(owner)).value().size() == keys.size());
    for (const key_record& key : keys)
        CHECK(end_of(redis, redis_layout::key(key.id)) == redis_layout::milliseconds_of(key.expires_at));
}

TEST_CASE("the list of an owner lives as long as the longest of the keys made together", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    std::vector<key_record> keys = tokens_of(redis, owner, 3);
    keys[1].expires_at += std::chrono::hours{48};
    check_all_made(insert_together(*redis.store, keys));

    const std::string places = redis_layout::keys(redis_layout::tag_of(keys[0].id), owner);
    CHECK(end_of(redis, places) == end_of(redis, redis_layout::meta(keys[1].id)));
    CHECK(end_of(redis, places) > end_of(redis, redis_layout::meta(keys[2].id)));
}

TEST_CASE("of keys that are made together each has its own fate", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const uuid other = redis.add_user(2);
    redis.add_token(1, owner);
    key_record same_id = redis.token(1, owner);
    same_id.name = "another-name";
    key_record same_name = redis.token(2, owner);
    same_name.name = "token-1";
    const key_record good = redis.token(3, owner);
    key_record twin = redis.token(4, owner);
    twin.name = good.name;
    const key_record of_other = redis.token(5, other);
    key_record session = sample_session(6, owner, redis.time.now());
    std::ranges::copy(redis.store->id_prefix(owner), session.id.characters.begin());
    const key_record of_nobody = redis.token(7, sample_uuid(3));

    const auto made =
        insert_together(*redis.store, {same_id, same_name, good, twin, of_other, session, of_nobody});
    REQUIRE(made.size() == 7);
    CHECK(made[0].error() == storage_errc::id_taken);
    CHECK(made[1].error() == storage_errc::name_taken);
    CHECK(made[2]);
    CHECK(made[3].error() == storage_errc::name_taken);
    CHECK(made[4]);
    CHECK(made[5]);
    CHECK(made[6].error() == storage_errc::owner_gone);
    check_all_there(redis, {good, of_other});
    CHECK(run_redis(redis.store->ask(session.id))->key.login == login_type::password);
    CHECK(run_redis(redis.store->ask(twin.id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->list_all_keys(owner)).value().size() == 3);
}

TEST_CASE("a Redis key of another type fails nothing but the key it is in the way of, and is told of",
          "[storage][redis]")
{
    const redis_case redis;
    const std::vector<key_record> keys = tokens_of(redis, redis.add_user(1), 3);
    redis.server.ask({"RPUSH", redis_layout::meta(keys[1].id), "not ours"});

    const auto made = insert_together(*redis.store, keys);
    REQUIRE(made.size() == 3);
    CHECK(made[0]);
    CHECK(made[1].error() == storage_errc::unavailable);
    CHECK(made[2]);
    CHECK_THAT(redis.store->health().problem, Catch::Contains("WRONGTYPE"));
    check_all_there(redis, {keys[0], keys[2]});
    CHECK(run_redis(redis.store->ask(keys[1].id)).error() == storage_errc::not_found);

    redis.server.ask({"DEL", redis_layout::meta(keys[1].id)});
    CHECK(run_redis(redis.store->insert_key(keys[1])));
    CHECK(redis.store->health().problem.empty());
}

TEST_CASE("a key that has ended makes none of those that it was to make together", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const key_id creator = redis.add_token(100, owner);
    const key_id revoked = redis.add_token(101, owner);
    REQUIRE(run_redis(redis.store->delete_key(revoked)));
    const std::vector<key_record> keys = tokens_of(redis, owner, 4);
    const std::vector<key_record> some{keys[0], keys[1]};
    const std::vector<key_record> others{keys[2], keys[3]};

    std::vector<task<result<void>>> insertions;
    for (const key_record& key : some)
        insertions.push_back(redis.store->insert_key_by(creator, key));
    for (const key_record& key : others)
        insertions.push_back(redis.store->insert_key_by(revoked, key));
    const auto made = run_redis(run_together(std::move(insertions), keys.size()));

    REQUIRE(made.size() == 4);
    CHECK(made[0]);
    CHECK(made[1]);
    CHECK(made[2].error() == storage_errc::creator_gone);
    CHECK(made[3].error() == storage_errc::creator_gone);
    check_all_there(redis, some);
}

TEST_CASE("keys that are made together find their owner when Redis has lost the standing of all",
          "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    redis.server.ask({"DEL", redis_layout::owners(redis.store->id_prefix(owner))});
    const std::vector<key_record> keys = tokens_of(redis, owner, 20);
    check_all_made(insert_together(*redis.store, keys));
    check_all_there(redis, keys);
}

TEST_CASE("keys that were made together and whose answer was lost are there once", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    const std::string text{redis_scripts::insert_keys.text()};
    REQUIRE(redis.server.ask({"SCRIPT", "LOAD", text}).text == redis_scripts::insert_keys.sha1());
    redis_proxy proxy{redis.server.port()};
    redis_endpoint through = redis.server.endpoint();
    through.address.port = proxy.port();
    const auto opened = run_redis(redis_store::open(clients_of(through), redis.time, {}));
    REQUIRE(opened);
    std::vector<key_record> keys = tokens_of(redis, owner, 20);
    keys[3].name = keys[2].name;

    proxy.lose_answer_to(redis_scripts::insert_keys.sha1());
    const auto made = insert_together(**opened, keys);

    CHECK(proxy.lost() == 1);
    for (std::size_t index = 0; index < keys.size(); ++index)
        CHECK(made[index].has_value() == (index != 3));
    CHECK(made[3].error() == storage_errc::name_taken);
    keys.erase(keys.begin() + 3);
    check_all_there(redis, keys);
    CHECK(run_redis(redis.store->list_all_keys(owner)).value().size() == keys.size());
}

TEST_CASE("in a Cluster keys of several owners are made in one turn", "[storage][redis]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology()};
    std::vector<key_record> keys;
    for (std::uint32_t number = 1; number <= 24; ++number) {
        const uuid owner = sample_uuid(1 + number % 8);
        if (number <= 8) redis.add_user(1 + number % 8);
        keys.push_back(redis.token(number, owner));
    }
    check_all_made(insert_together(*redis.store, keys));
    check_all_there(redis, keys);
}

TEST_CASE("when Redis refuses to write, none of those who make keys together is told that his is there",
          "[storage][redis]")
{
    redis_server server;
    const redis_case redis{server};
    const uuid owner = redis.add_user(1);
    const std::vector<key_record> keys = tokens_of(redis, owner, 20);
    REQUIRE(server.ask({"CONFIG", "SET", "maxmemory", "1"}).is_ok());
    for (const result<void>& outcome : insert_together(*redis.store, keys))
        CHECK(outcome.error() == storage_errc::unavailable);
    REQUIRE(server.ask({"CONFIG", "SET", "maxmemory", "0"}).is_ok());
    check_all_made(insert_together(*redis.store, keys));
    server.kill();
    for (const result<void>& outcome : insert_together(*redis.store, keys))
        CHECK(outcome.error() == storage_errc::unavailable);
}

TEST_CASE("who waits for keys to be made when his context ends goes with it", "[storage][redis]")
{
    const redis_case redis;
    const uuid owner = redis.add_user(1);
    for (const int turns : {0, 1, 2, 100}) { // before they are sent, and after
        asio::io_context context{1};
        for (const key_record& key : tokens_of(redis, owner, 3))
            asio::co_spawn(context, redis.store->insert_key(key), asio::detached);
        for (int turn = 0; turn < turns; ++turn)
            context.poll_one();
    }
    CHECK(run_redis(redis.store->insert_key(redis.token(4, owner))));
}
