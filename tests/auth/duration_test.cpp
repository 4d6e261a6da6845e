#include "auth/duration.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace latchkey;
using namespace std::chrono_literals;

TEST_CASE("durations are read as in Go, with days and years on top", "[auth][duration]")
{
    struct row {
        const char* text;
        nanoseconds span;
        const char* reason;
    };
    const row rows[] = {
        {"0", 0ns, "zero needs no unit"},
        {"0s", 0ns, "zero with one"},
        {"90s", 90s, "seconds"},
        {"1h30m", 90min, "two units"},
        {"168h", 168h, "the default lifetime"},
        {"876600h", 876600h, "the default maximum"},
        {"7d", 168h, "days"},
        {"1y", 365 * 24h, "years"},
        {"1y1d1h1m1s1ms1us1ns", 366 * 24h + 1h + 1min + 1s + 1ms + 1us + 1ns, "every unit"},
        {"1.5h", 90min, "a fraction"},
        {"0.1y", 876h, "a fraction of a long unit"},
        {"0.3s", 300ms, "a fraction that binary cannot hold"},
        {".5s", 500ms, "nothing before the point"},
        {"5.s", 5s, "nothing behind it"},
        {"1.0000000009s", 1s, "finer than a nanosecond is cut"},
        {"0.9999999999999999999999s", 999999999ns, "never rounded up"},
        {"2\u00b5s", 2us, "micro sign"},
        {"2\u03bcs", 2us, "Greek mu"},
        {"+3m", 3min, "a plus"},
        {"9223372036854775807ns", nanoseconds::max(), "the longest"},
    };
    for (const row& row : rows) {
        CAPTURE(row.text, row.reason);
        const auto span = parse_duration(row.text);
        REQUIRE(span.has_value());
        CHECK(*span == row.span);
    }
}

TEST_CASE("what is no duration is refused with one sentence that quotes it", "[auth][duration]")
{
    struct row {
        const char* text;
        const char* fault;
        const char* reason;
    };
    const row rows[] = {
        {"", R"(invalid duration "")", "empty"},
        {"+", R"(invalid duration "+")", "only a sign"},
        {".", R"(invalid duration ".")", "only a point"},
        {"h", R"(invalid duration "h")", "no number"},
        {".h", R"(invalid duration ".h")", "no digits"},
        {" 1h", R"(invalid duration " 1h")", "space"},
        {"1h-1m", R"(unknown unit (not ns, us, ms, s, m, h, d, y) in duration "1h-1m")", "a sign within"},
        {"5", R"(missing unit (ns, us, ms, s, m, h, d, y) in duration "5")", "no unit"},
        {"1h5", R"(missing unit (ns, us, ms, s, m, h, d, y) in duration "1h5")", "no unit at the end"},
        {"00", R"(missing unit (ns, us, ms, s, m, h, d, y) in duration "00")", "only one zero is zero"},
        {"1w", R"(unknown unit (not ns, us, ms, s, m, h, d, y) in duration "1w")", "weeks"},
        {"1H", R"(unknown unit (not ns, us, ms, s, m, h, d, y) in duration "1H")", "upper case"},
        {"1h ", R"(unknown unit (not ns, us, ms, s, m, h, d, y) in duration "1h ")", "space behind"},
        {"-1h", R"(negative duration "-1h")", "negative where it may not be"},
        {"293y", R"(more than 292 years in duration "293y")", "too long"},
        {"292y200d", R"(more than 292 years in duration "292y200d")", "too long together"},
        {"9223372036854775808ns",
         R"(more than 292 years in duration "9223372036854775808ns")",
         "one too many"},
        {"99999999999999999999s", R"(more than 292 years in duration "99999999999999999999s")", "no 64 bits"},
        {"9223372036854775807.9s", R"(more than 292 years in duration "9223372036854775807.9s")", "fraction"},
    };
    for (const row& row : rows) {
        CAPTURE(row.text, row.reason);
        const auto span = parse_duration(row.text);
        REQUIRE(span.has_error());
        CHECK(span.error().text == row.fault);
    }
}

TEST_CASE("a negative duration is read where it is allowed", "[auth][duration]")
{
    CHECK(*parse_duration("-1h30m", negative_duration::allowed) == -90min);
    CHECK(*parse_duration("-0", negative_duration::allowed) == 0ns);
    CHECK(parse_duration("--1h", negative_duration::allowed).has_error());
}

TEST_CASE("durations are printed as Go prints them", "[auth][duration]")
{
    struct row {
        nanoseconds span;
        const char* text;
    };
    const row rows[] = {
        {0ns, "0s"},
        {1ns, "1ns"},
        {1100ns, "1.1\u00b5s"},
        {2200us, "2.2ms"},
        {999999999ns, "999.999999ms"},
        {1500ms, "1.5s"},
        {1s, "1s"},
        {1s + 1ns, "1.000000001s"},
        {60s, "1m0s"},
        {90min, "1h30m0s"},
        {168h, "168h0m0s"},
        {876600h, "876600h0m0s"},
        {4min + 5s + 1ms, "4m5.001s"},
        {-90s, "-1m30s"},
        {-1us, "-1\u00b5s"},
        {nanoseconds::max(), "2562047h47m16.854775807s"},
        {nanoseconds::min(), "-2562047h47m16.854775808s"},
    };
    for (const row& row : rows) {
        CAPTURE(row.text);
        CHECK(duration_text(row.span) == row.text);
    }
    std::string longer = "at most ";
    append_duration(longer, 168h);
    CHECK(longer == "at most 168h0m0s");
}

TEST_CASE("what is printed is read back the same", "[auth][duration]")
{
    for (const nanoseconds span :
         {0ns, 1ns, 1234567ns, nanoseconds{90s}, nanoseconds{876600h}, nanoseconds::max()}) {
        CAPTURE(span.count());
        CHECK(*parse_duration(duration_text(span)) == span);
    }
}
