// What hexadecimal digits say.
#pragma once

namespace latchkey {

// Of a digit in the form that this program writes, without capitals; -1: it is none.
constexpr int lower_hex_value(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

// Of a digit in either case; -1: it is none.
constexpr int hex_value(char c) noexcept
{
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : lower_hex_value(c);
}

} // namespace latchkey
