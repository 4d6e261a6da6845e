#include "storage/clock.hpp"
#include "tests/support/catch.hpp"

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

} // namespace latchkey::test
