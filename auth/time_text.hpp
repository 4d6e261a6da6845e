// Instants as text, always in UTC: RFC 3339 for the wire (contract 1.5) and Go's default form for the
// detail of an expired key (contract 3.4). Pure functions, any thread; the append forms allocate only to
// grow their target.
#pragma once

#include "storage/clock.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// `2026-01-02T03:04:05.678Z`: up to six fractional digits, trailing zeros trimmed.
struct rfc3339_characters {
    std::array<char, 40> text; // the year of the last instant there is has six digits
    std::size_t size = 0;

    std::string_view view() const noexcept { return {text.data(), size}; }
};
rfc3339_characters to_rfc3339(time_point when);
void append_rfc3339(std::string& out, time_point when);
std::string rfc3339_text(time_point when);

// `2026-01-02 03:04:05.678 +0000 UTC`.
void append_go_time(std::string& out, time_point when);
std::string go_time_text(time_point when);

// With `Z` or an offset; fractions beyond microseconds are cut off. Nothing for what is no such instant:
// bad shape, 30 February, second 60.
[[nodiscard]] std::optional<time_point> parse_rfc3339(std::string_view text) noexcept;

// `2006-01-02`: midnight UTC at its start.
[[nodiscard]] std::optional<time_point> parse_date(std::string_view text) noexcept;

} // namespace latchkey
