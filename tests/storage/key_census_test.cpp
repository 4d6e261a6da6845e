#include "storage/memory_table.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr time_point now{std::chrono::hours{24 * 20'000}};

struct filled_table {
    memory_table table{std::chrono::hours{24}};

    void add_user(std::uint32_t number)
    {
        table.commit_user(table.begin_insert_user(sample_user(number, now), false).value());
    }

    void add(key_record key, std::chrono::hours left)
    {
        key.expires_at = now + left;
        table.commit_insert(table.begin_insert(std::move(key)).value());
    }
};

std::uint64_t number(const std::array<std::uint64_t, key_state_count>& keys, key_state state)
{
    return keys[static_cast<std::size_t>(state)];
}

} // namespace

TEST_CASE("keys are counted by kind and state, and those that end soon", "[storage][key_census]")
{
    filled_table all;
    all.add_user(1);
    all.add_user(2);
    const uuid alice = sample_user(1, now).id;
    const uuid bob = sample_user(2, now).id;
    all.add(sample_token(1, alice, now), std::chrono::hours{1});
    all.add(sample_token(2, alice, now), std::chrono::hours{24 * 7});
    all.add(sample_token(3, alice, now), std::chrono::hours{24 * 7 + 1});
    all.add(sample_token(4, alice, now), std::chrono::hours{-1});
    all.add(sample_session(5, alice, now), std::chrono::hours{1});
    all.add(sample_token(6, bob, now), std::chrono::hours{1});
    static_cast<void>(all.table.begin_insert(sample_token(7, alice, now))); // nobody may see it yet

    key_census counted = all.table.count_keys(now);
    CHECK(number(counted.tokens, key_state::active) == 4);
    CHECK(number(counted.tokens, key_state::expired) == 1);
    CHECK(number(counted.tokens, key_state::suspended) == 0);
    CHECK(number(counted.sessions, key_state::active) == 1);
    CHECK(counted.ending_tokens == 3);

    static_cast<void>(all.table.begin_change(bob, {.status = user_status::suspended, .now = now}));
    counted = all.table.count_keys(now);
    CHECK(number(counted.tokens, key_state::active) == 3);
    CHECK(number(counted.tokens, key_state::suspended) == 1);
    CHECK(counted.ending_tokens == 2);

    static_cast<void>(all.table.begin_change(alice, {.drop_keys = true, .now = now}));
    counted = all.table.count_keys(now);
    CHECK(number(counted.tokens, key_state::active) == 0);
    CHECK(number(counted.sessions, key_state::active) == 0);
}

TEST_CASE("nothing is told before the first count", "[storage][key_census]")
{
    filled_table all;
    all.add_user(1);
    all.add(sample_token(1, sample_user(1, now).id, now), std::chrono::hours{1});
    key_counter counter;
    CHECK_FALSE(counter.latest());
    counter.count_if_due(all.table, now);
    REQUIRE(counter.latest());
    CHECK(number(counter.latest()->tokens, key_state::active) == 1);
}
