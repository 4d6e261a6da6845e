#include "bench/latency_histogram.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey::bench;
using std::chrono::nanoseconds;

TEST_CASE("percentiles are right to a sixty-fourth, and never too small", "[bench]")
{
    latency_histogram seen;
    for (std::int64_t value = 1; value <= 100'000; ++value)
        seen.add(nanoseconds{value * 1000});
    CHECK(seen.count() == 100'000);
    for (const double part : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        CAPTURE(part);
        const double exact = part * 100; // ms
        CHECK(seen.percentile_ms(part) >= exact);
        CHECK(seen.percentile_ms(part) <= exact * (1 + 1.0 / 64));
    }
    CHECK(seen.longest_ms() == 100);
}

TEST_CASE("one late answer among many is the longest and no percentile", "[bench]")
{
    latency_histogram seen;
    seen.add(nanoseconds{1'000'000}, 9'999);
    seen.add(nanoseconds{5'000'000'000});
    CHECK(seen.percentile_ms(0.999) < 1.02);
    CHECK(seen.percentile_ms(1) == 5000);
    CHECK(seen.longest_ms() == 5000);
}

TEST_CASE("a histogram takes nothing, the shortest and the longest durations", "[bench]")
{
    latency_histogram seen;
    CHECK(seen.percentile_ms(0.99) == 0);
    seen.add(nanoseconds{-5});
    seen.add(nanoseconds{0});
    seen.add(nanoseconds::max());
    CHECK(seen.count() == 3);
    CHECK(seen.percentile_ms(0.5) == 0);
    CHECK(seen.percentile_ms(1) > 9.2e12);
}
