// Bytes as lower-case hexadecimal digits, and what such digits say.
#pragma once

#include "storage/lower_case.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

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

// Of a digit in the form that this program writes, without capitals; -1: it is none.
constexpr int lower_hex_value(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// By table and without branches: three UUIDs are read for every entry of the audit log.
inline constexpr auto hex_values = [] {
    std::array<std::int8_t, 256> made{};
    for (std::size_t code = 0; code < made.size(); ++code) {
        const auto c = static_cast<char>(code);
        made[code] = static_cast<std::int8_t>(lower_hex_value(lower_case(c)));
    }
    return made;
}();

// Of a digit in either case; -1: it is none.
constexpr int hex_value(char c) noexcept
{
    return hex_values[static_cast<unsigned char>(c)];
}

} // namespace latchkey
