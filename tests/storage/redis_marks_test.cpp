// Marks of use on their way to Redis: a few at a time, and all of them in the end.
#include "storage/redis_marks.hpp"
#include "tests/storage/redis_store_fixture.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t many = 2000;

void mark(redis_marks& marks, std::uint32_t number)
{
    marks.record_use(sample_key_id(number), time_point{1s});
}

} // namespace

TEST_CASE("each use is due once an interval, and never are all of many due at once")
{
    redis_marks marks;
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint32_t number = 0; number < many; ++number)
        mark(marks, number);

    std::multiset<std::string> seen;
    for (auto passed = 0s; passed <= 64s; ++passed) {
        const auto due = marks.uses_due(begin + passed, 64s);
        CHECK(due.size() < many / 16);
        for (const redis_marks::use& one : due)
            seen.insert(std::string{one.first.view()});
    }

    CHECK(seen.size() == many);
    CHECK(std::set<std::string>{seen.begin(), seen.end()}.size() == many);
}

TEST_CASE("after a time without asking, all uses are due, and once only")
{
    redis_marks marks;
    const auto later = std::chrono::steady_clock::now() + 1h;
    for (std::uint32_t number = 0; number < many; ++number)
        mark(marks, number);

    CHECK(marks.uses_due(later, 20s).size() == many);
    CHECK(marks.uses_due(later, 20s).empty());
}

TEST_CASE("with an interval of zero all uses are due each time")
{
    redis_marks marks;
    for (std::uint32_t number = 0; number < many; ++number)
        mark(marks, number);
    for (int times = 0; times < 2; ++times)
        CHECK(marks.uses_due(std::chrono::steady_clock::now(), 0s).size() == many);
}

TEST_CASE("uses of many keys of several owners are written, but for one that cannot be")
{
    const redis_case redis;
    std::vector<key_id> ids;
    for (std::uint32_t owner = 1; owner <= 3; ++owner) {
        const uuid who = redis.add_user(owner);
        for (std::uint32_t number = 0; number < 40; ++number)
            ids.push_back(redis.add_token(100 * owner + number, who));
    }
    const key_id spoilt = ids[7];
    const std::string in_the_way = redis_layout::used(spoilt);
    REQUIRE(redis.server.ask({"RPUSH", in_the_way, "of another kind"}).integer == 1);
    for (const key_id& id : ids)
        redis.store->record_use(id, redis.time.now());

    CHECK(run_redis(redis.store->close()).error() == storage_errc::unavailable);

    const auto is_written = [&](const key_id& id) {
        return redis.server.ask({"EXISTS", redis_layout::used(id)}).integer == 1;
    };
    CHECK(std::ranges::all_of(ids, is_written));
    REQUIRE(redis.server.ask({"DEL", in_the_way}).integer == 1);
    REQUIRE(run_redis(redis.store->close())); // again: what could not be written had stayed
    CHECK(is_written(spoilt));
    CHECK(redis.end_of(in_the_way) > 0);
}
