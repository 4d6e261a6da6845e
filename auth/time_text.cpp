#include "auth/time_text.hpp"

#include "auth/decimal_text.hpp"
#include "storage/digit_pairs.hpp"

#include <cstdint>
#include <cstring>

namespace latchkey {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

// "2026-01-02": six more digits for the year of the last instant there is.
struct printed_day {
    sys_days midnight;
    std::uint32_t size; // 0: nothing yet
    std::array<char, 16> text;
};

void print(printed_day& into, sys_days midnight)
{
    const year_month_day date{midnight};
    std::string text;
    append_padded(text, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    char rest[] = "-00-00";
    write_digit_pair(rest + 1, static_cast<unsigned>(date.month()));
    write_digit_pair(rest + 4, static_cast<unsigned>(date.day()));
    text += rest;
    into.midnight = midnight;
    into.size = static_cast<std::uint32_t>(text.copy(into.text.data(), into.text.size()));
}

// Each thread keeps some that it has printed: most tokens of a server expire on few days, and each
// verification prints an expiry, a create that and two more.
const printed_day& printed(sys_days midnight)
{
    constinit thread_local std::array<printed_day, 8> kept{};
    const auto day = static_cast<std::uint64_t>(midnight.time_since_epoch().count());
    printed_day& found = kept[day % kept.size()];
    if (found.midnight != midnight || found.size == 0) print(found, midnight);
    return found;
}

// Date and time with `separator` between them, without a zone, from the front of `out`; the size. Pieced
// together where it stays: this runs once for each verification (./dev bench verify).
std::size_t write_instant(char* out, time_point when, char separator)
{
    const sys_days midnight = floor<days>(when);
    const auto since = static_cast<std::uint64_t>((when - midnight).count());
    const printed_day& date = printed(midnight);
    std::memcpy(out, date.text.data(), date.text.size());
    char* const time = out + date.size;
    write_time_of_day(time, separator, since);
    std::size_t size = 16;
    while (time[size - 1] == '0')
        --size; // contract 1.5: without trailing zeros
    if (time[size - 1] == '.') --size;
    return date.size + size;
}

// Takes exactly `count` digits off the front of `text`.
bool take_digits(std::string_view& text, std::size_t count, int& value) noexcept
{
    if (text.size() < count) return false;
    value = 0;
    for (const char c : text.substr(0, count)) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(count);
    return true;
}

bool take(std::string_view& text, char wanted) noexcept
{
    if (!text.starts_with(wanted)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<sys_days> take_date(std::string_view& text) noexcept
{
    int year = 0;
    int month = 0;
    int day = 0;
    const bool has_shape = take_digits(text, 4, year) && take(text, '-') && take_digits(text, 2, month) &&
                           take(text, '-') && take_digits(text, 2, day);
    const year_month_day date{std::chrono::year{year},
                              std::chrono::month{static_cast<unsigned>(month)},
                              std::chrono::day{static_cast<unsigned>(day)}};
    if (!has_shape || !date.ok()) return std::nullopt;
    return sys_days{date};
}

std::optional<microseconds> take_fraction(std::string_view& text) noexcept
{
    microseconds fraction{0};
    if (!take(text, '.')) return fraction;
    microseconds place{100'000};
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
        fraction += (text[digits] - '0') * place;
        place /= 10; // 0 after the sixth: what is finer is cut off
    }
    text.remove_prefix(digits);
    if (digits == 0) return std::nullopt;
    return fraction;
}

std::optional<microseconds> take_time(std::string_view& text) noexcept
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    const bool has_shape = take_digits(text, 2, hour) && take(text, ':') && take_digits(text, 2, minute) &&
                           take(text, ':') && take_digits(text, 2, second);
    if (!has_shape || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    return hours{hour} + minutes{minute} + seconds{second} + *fraction;
}

// How far the zone is ahead of UTC.
std::optional<minutes> take_offset(std::string_view& text) noexcept
{
    if (take(text, 'Z')) return minutes{0};
    const bool is_ahead = text.starts_with('+');
    if (!is_ahead && !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    int hour = 0;
    int minute = 0;
    const bool has_shape = take_digits(text, 2, hour) && take(text, ':') && take_digits(text, 2, minute);
    if (!has_shape || hour > 23 || minute > 59) return std::nullopt;
    const minutes offset = hours{hour} + minutes{minute};
    return is_ahead ? offset : -offset;
}

} // namespace

rfc3339_characters to_rfc3339(time_point when)
{
    rfc3339_characters out;
    out.size = write_instant(out.text.data(), when, 'T');
    out.text[out.size++] = 'Z';
    return out;
}

void append_rfc3339(std::string& out, time_point when)
{
    out.append(to_rfc3339(when).view());
}

std::string rfc3339_text(time_point when)
{
    return std::string{to_rfc3339(when).view()};
}

void append_go_time(std::string& out, time_point when)
{
    rfc3339_characters instant;
    instant.size = write_instant(instant.text.data(), when, ' ');
    out.append(instant.view()).append(" +0000 UTC");
}

std::string go_time_text(time_point when)
{
    std::string out;
    out.reserve(36);
    append_go_time(out, when);
    return out;
}

std::optional<time_point> parse_rfc3339(std::string_view text) noexcept
{
    const auto date = take_date(text);
    if (!date || !take(text, 'T')) return std::nullopt;
    const auto time = take_time(text);
    if (!time) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    return time_point{*date} + *time - *offset;
}

std::optional<time_point> parse_date(std::string_view text) noexcept
{
    const auto date = take_date(text);
    if (!date || !text.empty()) return std::nullopt;
    return time_point{*date};
}

} // namespace latchkey
