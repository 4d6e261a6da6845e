// Many keys that are looked up in one turn, as a server's connections and its batches do.
#include "storage/redis_layout.hpp"
#include "storage/run_together.hpp"
#include "tests/storage/redis_topology_fixture.hpp"

#include <boost/asio/detached.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr std::size_t keys_of_a_command = 32; // as the store has it

std::vector<result<key_with_owner>> ask_together(redis_store& store, const std::vector<key_id>& ids)
{
    std::vector<task<result<key_with_owner>>> questions;
    for (const key_id& id : ids)
        questions.push_back(store.ask(id));
    return run_redis(run_together(std::move(questions), ids.size()));
}

// Three for each of the owners, in turn.
template <class Case>
std::vector<key_record> tokens_of_many(Case& redis, std::uint32_t owners)
{
    std::vector<key_record> made;
    for (std::uint32_t owner = 1; owner <= owners; ++owner)
        redis.add_user(owner);
    for (std::uint32_t number = 1; number <= 3 * owners; ++number) {
        const uuid owner = sample_uuid(1 + number % owners);
        redis.add_token(number, owner);
        made.push_back(redis.token(number, owner));
    }
    return made;
}

std::vector<key_id> ids_of(const std::vector<key_record>& keys)
{
    std::vector<key_id> ids;
    for (const key_record& key : keys)
        ids.push_back(key.id);
    return ids;
}

void check_each_with_its_owner(const std::vector<result<key_with_owner>>& found,
                               const std::vector<key_record>& keys)
{
    REQUIRE(found.size() == keys.size());
    for (std::size_t index = 0; index < keys.size(); ++index) {
        REQUIRE(found[index]);
        CHECK(found[index]->key.id == keys[index].id);
        CHECK(found[index]->key.secret_digest == keys[index].secret_digest);
        CHECK(found[index]->owner.view().id == keys[index].owner);
    }
}

} // namespace

TEST_CASE("keys that one turn looks up are read by few commands, each with its own owner", "[storage][redis]")
{
    redis_case redis;
    const std::vector<key_record> keys = tokens_of_many(redis, 30);
    const int before = redis.server.calls_of("mget");
    check_each_with_its_owner(ask_together(*redis.store, ids_of(keys)), keys);
    const int commands = static_cast<int>((keys.size() + keys_of_a_command - 1) / keys_of_a_command);
    CHECK(redis.server.calls_of("mget") - before == commands);
}

TEST_CASE("of keys that are looked up together each has its own fate", "[storage][redis]")
{
    redis_case redis;
    const uuid active = redis.add_user(1);
    const uuid suspended = redis.add_user(2);
    REQUIRE(run_redis(
        redis.store->change_user(suspended, {.status = user_status::suspended, .now = redis.time.now()})));
    const key_id good = redis.add_token(1, active);
    const key_id unknown = redis.token(2, active).id;
    const key_id idle = redis.add_token(3, suspended);
    const key_id expired = redis.add_token(4, active);
    REQUIRE(run_redis(redis.store->expire_key(expired, redis.time.now())));
    const key_id orphaned = redis.add_token(5, redis.add_user(3));
    redis.server.ask({"DEL", redis_layout::owners(redis.store->id_prefix(sample_uuid(3)))});
    const key_id broken = redis.add_token(6, active);
    redis.server.ask({"SET", redis_layout::key(broken), "nonsense"});
    redis.server.ask({"DEL", redis_layout::meta(broken)});

    const auto found = ask_together(*redis.store, {good, unknown, idle, expired, orphaned, broken, good});
    REQUIRE(found.size() == 7);
    CHECK(found[0]->key.id == good);
    CHECK(found[1].error() == storage_errc::not_found);
    CHECK(found[2]->owner.view().status == user_status::suspended);
    CHECK(found[3]->key.kind == digest_kind::wiped);
    CHECK(found[4].error() == storage_errc::not_found);
    CHECK(found[5].error() == storage_errc::not_found);
    CHECK(found[6]->key.id == good);
}

TEST_CASE("in a Cluster the keys of one tag are read together, and all are found", "[storage][redis]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology()};
    const std::vector<key_record> keys = tokens_of_many(redis, 12);
    std::set<std::string_view> tags;
    for (const key_record& key : keys)
        tags.insert(redis_layout::tag_of(key.id));
    const auto reads = [&] {
        int all = 0;
        for (const redis_server* primary : servers.primaries())
            all += primary->calls_of("mget");
        return all;
    };
    const int before = reads();
    check_each_with_its_owner(ask_together(*redis.store, ids_of(keys)), keys);
    CHECK(reads() - before == static_cast<int>(tags.size()));
}

TEST_CASE(
    "when Redis refuses to read, or is away, none of those who ask together is told that a key is unknown",
    "[storage][redis]")
{
    redis_server server{{.settings = {"appendonly yes", "appendfsync always"}}};
    redis_case redis{server};
    const std::vector<key_id> ids = ids_of(tokens_of_many(redis, 15));
    const auto all_unavailable = [&] {
        for (const auto& one : ask_together(*redis.store, ids)) {
            if (one || one.error() != storage_errc::unavailable) return false;
        }
        return true;
    };
    REQUIRE(server.ask({"ACL", "SETUSER", "default", "-mget"}).is_ok());
    CHECK(all_unavailable());
    REQUIRE(server.ask({"ACL", "SETUSER", "default", "+mget"}).is_ok());
    CHECK_FALSE(all_unavailable());
    server.kill();
    CHECK(all_unavailable());
}

TEST_CASE("who waits for keys when his context ends goes with it", "[storage][redis]")
{
    const redis_case redis;
    const key_id id = redis.add_token(1, redis.add_user(1));
    for (const int turns : {0, 1, 2, 100}) { // before they are sent, and after
        asio::io_context context{1};
        for (int each = 0; each < 3; ++each)
            asio::co_spawn(context, redis.store->ask(id), asio::detached);
        for (int turn = 0; turn < turns; ++turn)
            context.poll_one();
    }
    CHECK(run_redis(redis.store->ask(id)));
}
