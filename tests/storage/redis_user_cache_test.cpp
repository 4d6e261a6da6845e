// Who calls, as a server with a cache knows it, in front of a real Redis.
#include "tests/storage/redis_cache_fixture.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/co_spawn.hpp>

#include <optional>

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct account_case : cached_case {
    result<user> account(revision least = any_revision) const
    {
        return run_redis(store->find_account(owner, least));
    }

    bool is_owner() const { return account().value().roles.has(role::owner); }

    // What Redis is asked of records meanwhile.
    bool is_answered_from_memory() const
    {
        const int before = server.calls_of("hget");
        REQUIRE(account());
        return server.calls_of("hget") == before;
    }

    // Until the answer comes from memory: not before a lease has been proven.
    void cache_account() const
    {
        REQUIRE(becomes_true([&] { return is_answered_from_memory(); }));
    }

    user_change promotion() const { return {.roles = role_set{role::owner}, .now = time.now()}; }
};

} // namespace

TEST_CASE("a caller is known without Redis, until Redis says that a user has changed", "[redis][cache]")
{
    const account_case redis;
    redis.cache_account();
    REQUIRE_FALSE(redis.is_owner());

    SECTION("he himself")
    {
        REQUIRE(run_redis(redis.other->change_user(redis.owner, redis.promotion())));
        CHECK(becomes_true([&] { return redis.is_owner(); }));
    }
    SECTION("he was deleted")
    {
        REQUIRE(run_redis(redis.other->delete_user(redis.owner, redis.time.now())));
        CHECK(becomes_true([&] { return redis.account()->is_deleted; }));
    }
    SECTION("another one")
    {
        REQUIRE(run_redis(redis.other->insert_user(sample_user(2, redis.time.now()))));
        CHECK(becomes_true([&] { return !redis.is_answered_from_memory(); }));
        redis.cache_account();
    }
}

TEST_CASE("what a server changes of a user itself it knows ahead of the news", "[redis][cache]")
{
    account_case redis;
    redis.cache_account();
    redis.proxy.hold(line::changes);

    REQUIRE(run_redis(redis.store->change_user(redis.owner, redis.promotion())));

    CHECK(redis.is_owner());
}

TEST_CASE("a caller who shows a revision, whichever, is asked for", "[redis][cache]")
{
    account_case redis;
    redis.cache_account();
    redis.proxy.hold(line::changes);
    REQUIRE(run_redis(redis.other->change_user(redis.owner, redis.promotion())));

    CHECK_FALSE(redis.is_owner()); // the news are held back, and the lease is long
    CHECK(redis.account(any_revision + 1)->roles.has(role::owner));
}

TEST_CASE("without their stream of news callers are asked for", "[redis][cache]")
{
    account_case redis;
    redis.cache_account();

    redis.proxy.cut(line::changes);

    REQUIRE(cached_case::holds_until([&] { return redis.store->figures().lease_losses == 1; }));
    CHECK_FALSE(redis.is_answered_from_memory());
    redis.cache_account(); // there is a new stream
    REQUIRE(run_redis(redis.other->change_user(redis.owner, redis.promotion())));
    CHECK(becomes_true([&] { return redis.is_owner(); }));
}

TEST_CASE("a change between the read of a caller and its reply: the reply is not kept", "[redis][cache]")
{
    account_case redis;
    redis.cache_account(); // so that there is a lease
    const auto news = [&] { return redis.store->figures().invalidations; };
    std::uint64_t heard = news();
    REQUIRE(run_redis(redis.other->insert_user(sample_user(2, redis.time.now()))));
    REQUIRE(cached_case::holds_until([&] { return news() > heard; }));
    redis.proxy.hold_answers_to(to_string(redis.owner));
    const auto read = std::make_shared<std::optional<result<user>>>();
    asio::co_spawn(redis_context(),
                   redis.store->find_account(redis.owner),
                   [read](const std::exception_ptr&, result<user> answer) { *read = std::move(answer); });
    REQUIRE(cached_case::holds_until([&] { return redis.proxy.held() == 1; }));
    REQUIRE_FALSE(read->has_value());
    heard = news();

    REQUIRE(run_redis(redis.other->change_user(redis.owner, redis.promotion())));
    REQUIRE(cached_case::holds_until([&] { return news() > heard; }));
    redis.proxy.release();
    REQUIRE(cached_case::holds_until([&] { return read->has_value(); }));

    CHECK_FALSE((*read)->value().roles.has(role::owner)); // as it was when it was read
    CHECK(redis.is_owner());
}
