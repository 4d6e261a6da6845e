// What is left when Redis did as it was told, and its answer was lost with the connection: one effect, and
// an answer as if nothing had happened.
#include "storage/redis_scripts.hpp"
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/redis_proxy.hpp"
#include "tests/support/sample_records.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct lossy_fixture {
    lossy_fixture()
    {
        // Or else the answer that is lost would be that the script is not there.
        for (const redis_script* script : {&redis_scripts::insert_keys,
                                           &redis_scripts::rewrite_key,
                                           &redis_scripts::delete_key,
                                           &redis_scripts::begin_standing,
                                           &redis_scripts::change_standing,
                                           &redis_scripts::end_standing,
                                           &redis_scripts::insert_user,
                                           &redis_scripts::replace_user})
            REQUIRE(server.ask({"SCRIPT", "LOAD", std::string{script->text()}}).text == script->sha1());
        time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
        redis_endpoint through = server.endpoint();
        through.address.port = proxy.port();
        auto made = run_redis(redis_store::open(clients_of(through), time, {}));
        REQUIRE(made);
        store = std::move(*made);
        REQUIRE(run_redis(store->insert_user(sample_user(1, time.now()))));
    }

    key_record token(std::uint32_t number) const
    {
        key_record key = sample_token(number, owner, time.now());
        std::ranges::copy(store->id_prefix(owner), key.id.characters.begin());
        return key;
    }

    key_id add_token(std::uint32_t number) const
    {
        REQUIRE(run_redis(store->insert_key(token(number))));
        return token(number).id;
    }

    std::size_t keys() const { return run_redis(store->list_all_keys(owner)).value().size(); }

    redis_server& server = empty_redis();
    redis_proxy proxy{server.port()};
    fake_clock time;
    std::unique_ptr<redis_store> store;
    const uuid owner = sample_uuid(1);
};

} // namespace

TEST_CASE("a key whose creation lost its answer is there once")
{
    lossy_fixture redis;
    redis.proxy.lose_answer_to(redis_scripts::insert_keys.sha1());

    CHECK(run_redis(redis.store->insert_key(redis.token(1))));

    CHECK(redis.proxy.lost() == 1);
    CHECK(redis.keys() == 1);
    CHECK(run_redis(redis.store->ask(redis.token(1).id)));
    CHECK(run_redis(redis.store->insert_key(redis.token(1))).error() == storage_errc::name_taken);
}

TEST_CASE("a deletion that lost its answer says what was deleted, once")
{
    lossy_fixture redis;
    const key_id id = redis.add_token(1);
    redis.proxy.lose_answer_to(redis_scripts::delete_key.sha1());

    const auto deleted = run_redis(redis.store->delete_key(id));

    CHECK(redis.proxy.lost() == 1);
    REQUIRE(deleted);
    CHECK(deleted->key.name == "token-1");
    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->delete_key(id)).error() == storage_errc::not_found);
    CHECK(redis.keys() == 0);
}

TEST_CASE("an expiry that lost its answer tells the expiry before it")
{
    lossy_fixture redis;
    const key_id id = redis.add_token(1);
    const time_point end = redis.time.now() + 1h;
    redis.time.advance(1min);
    redis.proxy.lose_answer_to(redis_scripts::rewrite_key.sha1());

    const auto expired = run_redis(redis.store->expire_key(id, redis.time.now()));

    CHECK(redis.proxy.lost() == 1);
    REQUIRE(expired);
    CHECK(expired->changed);
    CHECK(expired->previous_expiry == end);
    CHECK(expired->key.expires_at == redis.time.now());
    CHECK(run_redis(redis.store->ask(id))->key.kind == digest_kind::wiped);
}

TEST_CASE("an extension that lost its answer extends")
{
    lossy_fixture redis;
    const key_id id = redis.add_token(1);
    redis.proxy.lose_answer_to(redis_scripts::rewrite_key.sha1());

    CHECK(run_redis(redis.store->extend_key(id, redis.time.now() + 3h, redis.time.now())));

    CHECK(redis.proxy.lost() == 1);
    CHECK(run_redis(redis.store->ask(id))->key.expires_at == redis.time.now() + 3h);
}

TEST_CASE("a user whose creation lost an answer is there once")
{
    lossy_fixture redis;
    const auto* const step = GENERATE(&redis_scripts::begin_standing, &redis_scripts::insert_user);
    redis.proxy.lose_answer_to(step->sha1());

    CHECK(run_redis(redis.store->insert_user(sample_user(2, redis.time.now()))));

    CHECK(redis.proxy.lost() == 1);
    CHECK(run_redis(redis.store->list_users())->size() == 2);
    CHECK(run_redis(redis.store->insert_user(sample_user(2, redis.time.now()))).error() ==
          storage_errc::id_taken);
}

TEST_CASE("a change of a user that lost an answer is in force everywhere")
{
    lossy_fixture redis;
    const key_id id = redis.add_token(1);
    const auto* const step = GENERATE(&redis_scripts::change_standing, &redis_scripts::replace_user);
    redis.proxy.lose_answer_to(step->sha1());

    user_change change{.status = user_status::suspended, .now = redis.time.now()};
    CHECK(run_redis(redis.store->change_user(redis.owner, change)));
    CHECK(redis.proxy.lost() == 1);
    CHECK(run_redis(redis.store->ask(id))->owner.status == user_status::suspended);
    CHECK(run_redis(redis.store->find_user(redis.owner))->status == user_status::suspended);

    redis.proxy.lose_answer_to(step->sha1());
    change.status = user_status::active;
    CHECK(run_redis(redis.store->change_user(redis.owner, change)));
    CHECK(redis.proxy.lost() == 2);
    CHECK(run_redis(redis.store->ask(id))->owner.status == user_status::active);

    redis.proxy.lose_answer_to(step->sha1());
    CHECK(run_redis(redis.store->change_user(redis.owner, {.drop_keys = true, .now = redis.time.now()})));
    CHECK(redis.proxy.lost() == 3);
    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    CHECK(redis.keys() == 0);
    redis.add_token(2);
    CHECK(redis.keys() == 1);
}

TEST_CASE("a deletion of a user that lost an answer says whom it deleted, once")
{
    lossy_fixture redis;
    const key_id id = redis.add_token(1);
    const auto* const step = GENERATE(&redis_scripts::end_standing, &redis_scripts::replace_user);
    redis.proxy.lose_answer_to(step->sha1());

    const auto deleted = run_redis(redis.store->delete_user(redis.owner, redis.time.now()));

    CHECK(redis.proxy.lost() == 1);
    REQUIRE(deleted);
    CHECK(deleted->username == "User-1");
    CHECK_FALSE(deleted->is_deleted);
    CHECK(run_redis(redis.store->ask(id)).error() == storage_errc::not_found);
    CHECK(run_redis(redis.store->delete_user(redis.owner, redis.time.now())).error() ==
          storage_errc::not_found);
    CHECK(run_redis(redis.store->list_users())->empty());
}
