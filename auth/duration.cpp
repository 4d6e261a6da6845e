#include "auth/duration.hpp"

#include "auth/decimal_text.hpp"
#include "auth/quoted_text.hpp"

#include <cstdint>
#include <limits>
#include <optional>

namespace latchkey {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t day = 24 * hour;
constexpr std::uint64_t greatest = std::numeric_limits<std::int64_t>::max();

struct unit_row {
    std::string_view name;
    std::uint64_t nanoseconds;
};

constexpr unit_row units[] = {
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000}, // micro sign
    {"\u03bcs", 1'000}, // Greek mu
    {"ms", 1'000'000},
    {"s", second},
    {"m", minute},
    {"h", hour},
    {"d", day},
    {"y", 365 * day},
};

std::optional<std::uint64_t> find_unit(std::string_view name) noexcept
{
    for (const unit_row& unit : units) {
        if (unit.name == name) return unit.nanoseconds;
    }
    return std::nullopt;
}

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

std::string_view take_while_digits(std::string_view& text) noexcept
{
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length]))
        ++length;
    const std::string_view digits = text.substr(0, length);
    text.remove_prefix(length);
    return digits;
}

std::string_view take_unit_name(std::string_view& text) noexcept
{
    std::size_t length = 0;
    while (length < text.size() && !is_digit(text[length]) && text[length] != '.')
        ++length;
    const std::string_view name = text.substr(0, length);
    text.remove_prefix(length);
    return name;
}

// digits * unit; nothing when that is more than a duration holds.
std::optional<std::uint64_t> whole_part(std::string_view digits, std::uint64_t unit) noexcept
{
    std::uint64_t value = 0;
    for (const char digit : digits) {
        if (value > greatest / 10) return std::nullopt;
        value = value * 10 + static_cast<std::uint64_t>(digit - '0');
    }
    if (value > greatest / unit) return std::nullopt;
    return value * unit;
}

// 0.digits * unit, cut to whole nanoseconds. Multiplied before it is divided: 0.3 has no exact binary form,
// but 3 * unit / 10 is exact.
std::uint64_t fractional_part(std::string_view digits, std::uint64_t unit) noexcept
{
    long double value = 0;
    long double scale = 1;
    for (const char digit : digits.substr(0, 18)) { // finer than a nanosecond of the longest unit
        value = value * 10 + static_cast<long double>(digit - '0');
        scale *= 10;
    }
    return static_cast<std::uint64_t>(value * static_cast<long double>(unit) / scale);
}

fault said_of(std::string_view what, std::string_view text)
{
    fault said{std::string{what}};
    said.text += ' ';
    append_quoted(said.text, text);
    return said;
}

} // namespace

checked<nanoseconds> parse_duration(std::string_view text, negative_duration sign)
{
    std::string_view rest = text;
    const bool is_negative = rest.starts_with('-');
    if (is_negative && sign == negative_duration::refused) return said_of("negative duration", text);
    if (is_negative || rest.starts_with('+')) rest.remove_prefix(1);
    if (rest == "0") return nanoseconds{0};
    if (rest.empty()) return said_of("invalid duration", text);

    std::uint64_t total = 0;
    while (!rest.empty()) {
        const std::string_view whole = take_while_digits(rest);
        std::string_view fraction;
        if (rest.starts_with('.')) {
            rest.remove_prefix(1);
            fraction = take_while_digits(rest);
        }
        if (whole.empty() && fraction.empty()) return said_of("invalid duration", text);
        const std::string_view name = take_unit_name(rest);
        if (name.empty()) return said_of("missing unit (ns, us, ms, s, m, h, d, y) in duration", text);
        const auto unit = find_unit(name);
        if (!unit) return said_of("unknown unit (not ns, us, ms, s, m, h, d, y) in duration", text);

        const auto value = whole_part(whole, *unit);
        const std::uint64_t part = fractional_part(fraction, *unit);
        if (!value || part > greatest - *value || *value + part > greatest - total) {
            return said_of("more than 292 years in duration", text);
        }
        total += *value + part;
    }
    const auto count = static_cast<std::int64_t>(total);
    return nanoseconds{is_negative ? -count : count};
}

void append_duration(std::string& out, nanoseconds span)
{
    // Unsigned, because the most negative count has no positive counterpart.
    const auto raw = static_cast<std::uint64_t>(span.count());
    const std::uint64_t count = span.count() < 0 ? 0 - raw : raw;
    if (span.count() < 0) out += '-';
    if (count == 0) {
        out += "0s";
    } else if (count < 1'000) {
        append_padded(out, count, 1);
        out += "ns";
    } else if (count < 1'000'000) {
        append_padded(out, count / 1'000, 1);
        append_fraction(out, count % 1'000, 3);
        out += "\u00b5s";
    } else if (count < second) {
        append_padded(out, count / 1'000'000, 1);
        append_fraction(out, count % 1'000'000, 6);
        out += "ms";
    } else {
        if (count >= hour) {
            append_padded(out, count / hour, 1);
            out += 'h';
        }
        if (count >= minute) {
            append_padded(out, count % hour / minute, 1);
            out += 'm';
        }
        append_padded(out, count % minute / second, 1);
        append_fraction(out, count % second, 9);
        out += 's';
    }
}

std::string duration_text(nanoseconds span)
{
    std::string out;
    append_duration(out, span);
    return out;
}

} // namespace latchkey
