// The table that one shard keeps of keys it has read from Redis: its bounds, and the marks of use.
#include "tests/storage/key_cache_fixture.hpp"

namespace latchkey::test {

TEST_CASE("the table stays within its bytes, and what is used stays longest", "[storage][cache]")
{
    constexpr std::size_t most = 200'000;
    cache_fixture table{most};
    for (std::uint32_t number = 0; number < 5000; ++number) {
        table.keep(number);
        REQUIRE(table.figures().bytes <= most);
        if (number >= 10) continue;
        REQUIRE(table.look(number) == outcome::found);
    }
    const auto held = table.figures().entries;
    CHECK(held > most / 1000); // an entry takes some hundred bytes
    for (std::uint32_t number = 5000; number < 7000; ++number) {
        table.keep(number);
        static_cast<void>(table.look(4999)); // the one that somebody uses
    }
    CHECK(table.look(4999) == outcome::found);
    CHECK(table.look(5001) == outcome::ask);
    for (std::uint32_t number = 6900; number < 7000; ++number)
        CHECK(table.look(number) == outcome::found); // the newest
}

TEST_CASE("a key that is too large for the table is not kept", "[storage][cache]")
{
    cache_fixture table{10'000};
    key_with_owner read = cache_fixture::record(1);
    read.key.name = std::string(20'000, 'x');
    table.cache.keep(id_of(1), table.cache.claim(id_of(1)), read, table.lease);
    CHECK(table.look(1) == outcome::ask);
    CHECK(table.figures().bytes == 0);
}

TEST_CASE("a flood of guesses does not push out what is good", "[storage][cache]")
{
    constexpr std::size_t most = 200'000;
    cache_fixture table{most};
    for (std::uint32_t number = 0; number < 100; ++number)
        table.keep(number);

    for (std::uint32_t number = 1000; number < 51'000; ++number) {
        table.keep_absent(number);
        REQUIRE(table.figures().bytes <= most);
    }

    CHECK(table.look(50'999) == outcome::absent);
    CHECK(table.look(1000) == outcome::ask);
    for (std::uint32_t number = 0; number < 100; ++number)
        CHECK(table.look(number) == outcome::found);
}

TEST_CASE("a use reaches the marks, whatever becomes of its entry", "[storage][cache]")
{
    cache_fixture table;
    const time_point used{500s};
    table.keep(1);
    table.cache.lookup(id_of(1), table.now).record_use(used);
    CHECK(table.marks->last_use(id_of(1)) == time_point{});
    CHECK(table.cache.last_use(id_of(1)) == used);

    SECTION("by being handed over")
    {
        while (table.cache.tend_a_part(time_point{600s})) {
        }
        CHECK(table.look(1) == outcome::found);
    }
    SECTION("by news of a change")
    {
        table.cache.forget(key_name(1));
    }
    SECTION("by being read again")
    {
        table.keep(1);
        CHECK(table.look(1) == outcome::found);
    }
    SECTION("by its absence")
    {
        table.keep_absent(1);
        CHECK(table.look(1) == outcome::absent);
    }
    SECTION("by being pushed out")
    {
        for (std::uint32_t number = 2; number < 20'000; ++number)
            table.keep(number);
        CHECK(table.look(1) == outcome::ask);
    }
    SECTION("by the end of the table")
    {
        {
            key_cache other{1'000'000, table.changes, table.marks};
            other.keep(id_of(2), other.claim(id_of(2)), cache_fixture::record(2), table.lease);
            other.lookup(id_of(2), table.now).record_use(used);
        }
        CHECK(table.marks->last_use(id_of(2)) == used);
        table.cache.hand_over_uses();
    }
    CHECK(table.marks->last_use(id_of(1)) == used);
}

TEST_CASE("uses are handed over part by part, none of them lost", "[storage][cache]")
{
    cache_fixture table{8'000'000};
    constexpr std::uint32_t keys = 10'000; // more than one part
    for (std::uint32_t number = 0; number < keys; ++number) {
        table.keep(number);
        table.cache.lookup(id_of(number), table.now).record_use(time_point{500s});
    }
    REQUIRE(table.figures().entries == keys);

    REQUIRE(table.cache.tend_a_part(time_point{600s}));
    table.cache.forget(key_name(0)); // moves the last entry to a place in the first part
    while (table.cache.tend_a_part(time_point{600s})) {
    }

    std::size_t known = 0;
    for (std::uint32_t number = 0; number < keys; ++number)
        known += table.marks->last_use(id_of(number)) == time_point{500s} ? 1 : 0;
    CHECK(known == keys);
}

TEST_CASE("the hash of a key that has expired does not stay in the table", "[storage][cache]")
{
    cache_fixture table;
    table.keep(1);
    const time_point end = cache_fixture::record(1).key.expires_at;

    while (table.cache.tend_a_part(end - 1us)) {
    }
    CHECK(table.look(1) == outcome::found);
    while (table.cache.tend_a_part(end)) {
    }
    CHECK(table.look(1) == outcome::ask);
    CHECK(table.figures().entries == 0);
}

} // namespace latchkey::test
