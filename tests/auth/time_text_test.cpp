#include "auth/time_text.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

constexpr time_point epoch{};
// 2026-01-02 03:04:05 UTC, counted by hand: 56 years of which 14 leap, one day, and the time.
constexpr time_point noted{(56 * 365 + 14 + 1) * 24h + 3h + 4min + 5s};

} // namespace

TEST_CASE("instants are printed in both forms, fractions without trailing zeros", "[auth][time_text]")
{
    struct row {
        time_point when;
        const char* rfc3339;
        const char* go;
        const char* reason;
    };
    const row rows[] = {
        {epoch, "1970-01-01T00:00:00Z", "1970-01-01 00:00:00 +0000 UTC", "never used"},
        {noted, "2026-01-02T03:04:05Z", "2026-01-02 03:04:05 +0000 UTC", "whole seconds"},
        {noted + 678ms, "2026-01-02T03:04:05.678Z", "2026-01-02 03:04:05.678 +0000 UTC", "milliseconds"},
        {noted + 10us, "2026-01-02T03:04:05.00001Z", "2026-01-02 03:04:05.00001 +0000 UTC", "zeros within"},
        {noted + 1us, "2026-01-02T03:04:05.000001Z", "2026-01-02 03:04:05.000001 +0000 UTC", "the finest"},
        {epoch - 1us, "1969-12-31T23:59:59.999999Z", "1969-12-31 23:59:59.999999 +0000 UTC", "before 1970"},
        {epoch + 11016 * 24h, "2000-02-29T00:00:00Z", "2000-02-29 00:00:00 +0000 UTC", "a leap day"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        CHECK(rfc3339_text(row.when) == row.rfc3339);
        CHECK(go_time_text(row.when) == row.go);
        CHECK(parse_rfc3339(row.rfc3339) == row.when);
    }
    std::string longer = "at ";
    append_rfc3339(longer, epoch);
    append_go_time(longer += ", that is ", epoch);
    CHECK(longer == "at 1970-01-01T00:00:00Z, that is 1970-01-01 00:00:00 +0000 UTC");
}

TEST_CASE("RFC 3339 is read with any offset, to the microsecond", "[auth][time_text]")
{
    CHECK(parse_rfc3339("2026-01-02T05:34:05+02:30") == noted);
    CHECK(parse_rfc3339("2026-01-01T22:04:05-05:00") == noted);
    CHECK(parse_rfc3339("2026-01-02T03:04:05-00:00") == noted);
    CHECK(parse_rfc3339("2026-01-02T03:04:05.123456999Z") == noted + 123456us);
    CHECK(parse_rfc3339("2026-01-02T03:04:05.5Z") == noted + 500ms);
}

TEST_CASE("what is no instant of RFC 3339 is refused", "[auth][time_text]")
{
    struct row {
        const char* text;
        const char* reason;
    };
    const row rows[] = {
        {"", "empty"},
        {"2026-01-02", "no time"},
        {"2026-01-02T03:04:05", "no zone"},
        {"2026-01-02 03:04:05Z", "a space for the T"},
        {"2026-01-02t03:04:05z", "lower case, which Go refuses too"},
        {"2026-1-2T03:04:05Z", "one digit"},
        {"26-01-02T03:04:05Z", "two digits of a year"},
        {"2026-02-29T00:00:00Z", "no leap year"},
        {"2026-13-01T00:00:00Z", "month 13"},
        {"2026-00-01T00:00:00Z", "month 0"},
        {"2026-04-31T00:00:00Z", "31 April"},
        {"2026-01-02T24:00:00Z", "hour 24"},
        {"2026-01-02T03:60:00Z", "minute 60"},
        {"2026-01-02T03:04:60Z", "second 60"},
        {"2026-01-02T03:04:05.Z", "a point without digits"},
        {"2026-01-02T03:04:05,5Z", "a comma"},
        {"2026-01-02T03:04:05+0230", "an offset without colon"},
        {"2026-01-02T03:04:05+24:00", "an offset of a day"},
        {"2026-01-02T03:04:05Z ", "something behind"},
        {"2026-01-02T03:04:05ZZ", "two zones"},
        {"-026-01-02T03:04:05Z", "a sign for a digit"},
    };
    for (const row& row : rows) {
        CAPTURE(row.text, row.reason);
        CHECK_FALSE(parse_rfc3339(row.text).has_value());
    }
}

TEST_CASE("a date is midnight UTC at its start", "[auth][time_text]")
{
    CHECK(parse_date("1970-01-01") == epoch);
    CHECK(parse_date("2026-01-02") == noted - 3h - 4min - 5s);
    for (const char* refused :
         {"", "2026-02-30", "2026-01-02 ", "2026-01-02T00:00:00Z", "2026/01/02", "20260102"}) {
        CAPTURE(refused);
        CHECK_FALSE(parse_date(refused).has_value());
    }
}
