#include "storage/clock.hpp"
#include "tests/support/catch.hpp"

#include <thread>

namespace latchkey::test {

TEST_CASE("The clock never runs backwards, and keeps to the machine's")
{
    using namespace std::chrono_literals;
    const steady_wall_clock clock;
    time_point last = clock.now();
    for (int reading = 0; reading < 100'000; ++reading) {
        const auto before = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
        const time_point now = clock.now();
        REQUIRE(now >= last);
        last = now;
        // Between two readings the thread may have to wait for its turn, but time only goes forward then.
        REQUIRE(now + 2ms >= before);
    }
    CHECK(last <= std::chrono::system_clock::now() + 2ms);
}

TEST_CASE("Time stands still for a thread while it has many things to do, and for no other")
{
    using std::chrono::steady_clock;
    const steady_wall_clock clock;
    const auto before = steady_clock::now();
    {
        turn_time turn;
        const turn_time::time begun = turn_time::now();
        CHECK(begun >= before);
        const time_point wall = clock.now();
        std::thread other{[&] { CHECK(turn_time::now() > begun); }};
        other.join();
        CHECK(turn_time::now() == begun);
        CHECK(clock.now() == wall);

        turn.renew();
        CHECK(turn_time::now() > begun);
        CHECK(clock.now() > wall);
    }
    const auto behind = steady_clock::now();
    CHECK(turn_time::now() >= behind);
}

} // namespace latchkey::test
