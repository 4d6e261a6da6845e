// Bytes as lower-case hexadecimal digits, and what such digits say.
#pragma once

#include "storage/lower_case.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace latchkey {

inline constexpr char hex_digits[] = "0123456789abcdef";

inline void append_hex(std::string& out, std::uint8_t byte)
{
    out += hex_digits[byte >> 4];
    out += hex_digits[byte & 15];
}

// Two digits a byte.
inline std::string to_hex(std::span<const std::uint8_t> bytes)
{
    std::string text(2 * bytes.size(), '0');
    for (std::size_t index = 0; index < bytes.size(); ++index) {
        text[2 * index] = hex_digits[bytes[index] >> 4];
        text[2 * index + 1] = hex_digits[bytes[index] & 15];
    }
    return text;
}

// By table and without branches: of every key that Redis is asked for a digest is read, and a UUID.
inline constexpr auto lower_hex_values = [] {
    std::array<std::int8_t, 256> made{};
    made.fill(-1);
    for (std::size_t value = 0; value < 16; ++value)
        made[static_cast<unsigned char>(hex_digits[value])] = static_cast<std::int8_t>(value);
    return made;
}();

// Of a digit in the form that this program writes, without capitals; -1: it is none.
constexpr int lower_hex_value(char c) noexcept
{
    return lower_hex_values[static_cast<unsigned char>(c)];
}

// Fills `out` from as many digits as it takes, without capitals; false: `text` is something else, and `out`
// holds anything.
constexpr bool read_lower_hex(std::string_view text, std::span<std::uint8_t> out) noexcept
{
    if (text.size() != 2 * out.size()) return false;
    int faults = 0;
    for (std::size_t index = 0; index < out.size(); ++index) {
        const int high = lower_hex_value(text[2 * index]);
        const int low = lower_hex_value(text[2 * index + 1]);
        faults |= high | low; // of which one that is none is negative
        out[index] = static_cast<std::uint8_t>((high & 15) << 4 | (low & 15));
    }
    return faults >= 0;
}

inline constexpr auto hex_values = [] {
    std::array<std::int8_t, 256> made{};
    for (std::size_t code = 0; code < made.size(); ++code)
        made[code] = static_cast<std::int8_t>(lower_hex_value(lower_case(static_cast<char>(code))));
    return made;
}();

// Of a digit in either case; -1: it is none.
constexpr int hex_value(char c) noexcept
{
    return hex_values[static_cast<unsigned char>(c)];
}

} // namespace latchkey
