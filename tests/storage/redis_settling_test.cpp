// A change of a user that was left between its two writes: what a server that starts on it makes of it.
#include "storage/redis_layout.hpp"
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/patience.hpp"

#include <chrono>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

user_change to(user_status status, time_point now)
{
    user_change change;
    change.status = status;
    change.now = now;
    return change;
}

struct settling_case : redis_case {
    uuid owner = add_user(1);
    key_id id = add_token();
    std::string owners_name = redis_layout::owners(store->id_prefix(owner));

    key_id add_token() const
    {
        const key_record key = token(1, owner);
        REQUIRE(run_redis(store->insert_key(key)));
        return key.id;
    }

    void change(user_status status) const
    {
        REQUIRE(run_redis(store->change_user(owner, to(status, time.now()))));
    }

    std::string record() const
    {
        return server.ask({"HGET", std::string{redis_layout::user_records}, to_string(owner)}).text;
    }

    // As a server that was killed leaves it: noted, and not struck out.
    void leave_behind() const
    {
        REQUIRE(server.ask({"SADD", std::string{redis_layout::unsettled}, to_string(owner)}).is_integer());
    }

    std::int64_t unsettled() const
    {
        return server.ask({"SCARD", std::string{redis_layout::unsettled}}).integer;
    }

    // Each call lets the periodic work of the store go on.
    void start_anew_and_wait()
    {
        store = open_redis_store(server, time);
        REQUIRE(becomes_true([&] {
            if (unsettled() == 0) return true;
            REQUIRE(run_redis(store->find_user(owner)));
            return false;
        }));
    }

    void check_is(user_status status) const
    {
        CHECK(run_redis(store->find_user(owner))->status == status);
        CHECK(run_redis(store->ask(id))->owner.status == status);
    }
};

} // namespace

TEST_CASE("a change of a user leaves nothing to settle", "[redis][settling]")
{
    settling_case redis;

    redis.change(user_status::suspended);
    CHECK(redis.unsettled() == 0);
    redis.change(user_status::active);

    CHECK(redis.unsettled() == 0);
    redis.check_is(user_status::active);
}

TEST_CASE("a suspension that reached the standing alone is completed", "[redis][settling]")
{
    settling_case redis;
    const std::string before = redis.record();
    redis.change(user_status::suspended);
    REQUIRE(
        redis.server.ask({"HSET", std::string{redis_layout::user_records}, to_string(redis.owner), before})
            .is_integer());
    redis.leave_behind();

    redis.start_anew_and_wait();

    redis.check_is(user_status::suspended);
    redis.change(user_status::active);
    redis.check_is(user_status::active);
}

TEST_CASE("an activation that reached the record alone is completed", "[redis][settling]")
{
    settling_case redis;
    redis.change(user_status::suspended);
    const std::string before = redis.server.ask({"GET", redis.owners_name}).text;
    redis.change(user_status::active);
    REQUIRE(redis.server.ask({"SET", redis.owners_name, before}).is_ok());
    redis.leave_behind();

    redis.start_anew_and_wait();

    redis.check_is(user_status::active);
}

TEST_CASE("who is left to settle and is not there is passed over", "[redis][settling]")
{
    settling_case redis;
    const std::string name{redis_layout::unsettled};
    REQUIRE(redis.server.ask({"SADD", name, to_string(sample_uuid(99))}).is_integer());

    redis.start_anew_and_wait();

    redis.check_is(user_status::active);
}
