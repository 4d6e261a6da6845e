#include "storage/owner_pool.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

namespace latchkey::test {
namespace {

owner_standing standing_of(std::uint32_t number)
{
    return {sample_uuid(number), "a user with a name of some length " + std::to_string(number)};
}

} // namespace

TEST_CASE("keys of one owner share his standing, and only the first one bears it", "[storage][owner_pool]")
{
    owner_pool pool;
    const auto first = pool.intern(standing_of(1));
    const auto second = pool.intern(standing_of(1));
    const auto other = pool.intern(standing_of(2));

    CHECK(*first.standing == standing_of(1));
    CHECK(first.bytes > sizeof(owner_standing));
    CHECK(second.standing == first.standing);
    CHECK(second.bytes == 0);
    CHECK(*other.standing == standing_of(2));
    CHECK(other.bytes > 0);
}

TEST_CASE("an owner's standing that has changed leaves what was read before as it was",
          "[storage][owner_pool]")
{
    owner_pool pool;
    const auto before = pool.intern(standing_of(1));
    owner_standing changed = standing_of(1);
    changed.status = user_status::suspended;
    const auto after = pool.intern(changed);

    CHECK(before.standing->status == user_status::active);
    CHECK(after.standing->status == user_status::suspended);
    CHECK(after.bytes > 0);
    CHECK(pool.intern(changed).standing == after.standing);
}

TEST_CASE("the pool of owners lets go of those whom no key holds any more", "[storage][owner_pool]")
{
    owner_pool pool;
    const auto kept = pool.intern(standing_of(0));
    for (std::uint32_t number = 1; number <= 10'000; ++number) {
        const auto passing = pool.intern(standing_of(number));
        REQUIRE(passing.bytes > 0);
        REQUIRE(pool.size() <= 1025);
    }
    CHECK(pool.intern(standing_of(0)).standing == kept.standing);
}

} // namespace latchkey::test
