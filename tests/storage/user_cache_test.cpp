// The table that one shard keeps of users it has read from Redis; no socket.
#include "storage/user_cache.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

struct user_cache_fixture {
    explicit user_cache_fixture(std::size_t bytes = 100'000) : cache{bytes, changes}
    {
        lease->extend(now, 100ms);
    }

    static user record(std::uint32_t number) { return sample_user(number, time_point{1000s}); }

    // As a read whose reply comes at once.
    void keep(const user& read) { cache.keep(read, cache.present(), lease); }

    bool has(std::uint32_t number) const { return cache.find(sample_uuid(number), now) != nullptr; }

    redis_lease::clock::time_point now = redis_lease::clock::time_point{1h};
    std::shared_ptr<redis_lease> lease = std::make_shared<redis_lease>();
    std::shared_ptr<own_changes> changes = std::make_shared<own_changes>();
    user_cache cache;
};

} // namespace

TEST_CASE("a user that was read is kept as read", "[storage][cache]")
{
    user_cache_fixture table;
    CHECK_FALSE(table.has(1));
    table.keep(user_cache_fixture::record(1));

    const user* const known = table.cache.find(sample_uuid(1), table.now);
    REQUIRE(known != nullptr);
    CHECK(known->username == user_cache_fixture::record(1).username);
    CHECK(known->email == user_cache_fixture::record(1).email);
    CHECK_FALSE(table.has(2));

    user changed = user_cache_fixture::record(1);
    changed.roles = role::owner;
    table.keep(changed);
    CHECK(table.cache.find(sample_uuid(1), table.now)->roles.has(role::owner));
}

TEST_CASE("what was kept of users ends with any change, and with its lease", "[storage][cache]")
{
    user_cache_fixture table;
    table.keep(user_cache_fixture::record(1));
    REQUIRE(table.has(1));

    SECTION("news of the records")
    {
        table.cache.forget_all();
    }
    SECTION("a change of whomever, by another shard of this process")
    {
        table.changes->note_owners("abc");
    }
    SECTION("the lease runs out")
    {
        table.now += 101ms;
        CHECK_FALSE(table.has(1));
        table.lease->extend(table.now, 100ms); // and is proven again
        CHECK(table.has(1));
        return;
    }
    SECTION("the lease is lost")
    {
        table.lease->lose();
    }
    CHECK_FALSE(table.has(1));
}

TEST_CASE("what a change of users overtook is not kept", "[storage][cache]")
{
    user_cache_fixture table;
    const user_cache::era before = table.cache.present();

    SECTION("of Redis")
    {
        table.cache.forget_all();
    }
    SECTION("of this process")
    {
        table.changes->note_owners("abc");
    }
    table.cache.keep(user_cache_fixture::record(1), before, table.lease);
    CHECK_FALSE(table.has(1));

    table.keep(user_cache_fixture::record(2)); // the next read is
    CHECK(table.has(2));
}

TEST_CASE("users who may do nothing are not kept, nor what nothing vouches for", "[storage][cache]")
{
    user_cache_fixture table;
    user suspended = user_cache_fixture::record(1);
    suspended.status = user_status::suspended;
    table.keep(suspended);
    user deleted = user_cache_fixture::record(2);
    deleted.is_deleted = true;
    table.keep(deleted);
    table.cache.keep(user_cache_fixture::record(3), table.cache.present(), nullptr);
    for (const std::uint32_t number : {1, 2, 3})
        CHECK_FALSE(table.has(number));
}

TEST_CASE("the table of users stays within its bytes", "[storage][cache]")
{
    constexpr std::size_t most = 20'000;
    user_cache_fixture table{most};
    for (std::uint32_t number = 1; number <= 500; ++number) {
        table.keep(user_cache_fixture::record(number));
        CHECK(table.has(number));
        CHECK(table.cache.bytes() <= most);
    }
    user large = user_cache_fixture::record(501);
    large.name = std::string(most, 'x');
    table.keep(large);
    CHECK_FALSE(table.has(501));
}
