// Eight characters in a machine word, looked at all at once. Worth it where every verification looks at some
// (./dev bench verify).
#pragma once

#include <cstdint>
#include <cstring>

namespace latchkey::byte_words {

constexpr std::uint64_t in_every_byte(std::uint8_t value) noexcept
{
    return value * std::uint64_t{0x0101010101010101};
}

constexpr std::uint64_t top_bits = in_every_byte(0x80);

inline std::uint64_t load(const char* eight) noexcept
{
    std::uint64_t word = 0;
    std::memcpy(&word, eight, sizeof word);
    return word;
}

// The top bit of each byte that lies between the two, which are below 0x80. Adding what is missing to 0x80
// sets it in those that reach a bound.
constexpr std::uint64_t bytes_within(std::uint64_t word, char lowest, char highest) noexcept
{
    const std::uint64_t low_bits = word & ~top_bits;
    const std::uint64_t reach_lowest = low_bits + in_every_byte(static_cast<std::uint8_t>(0x80 - lowest));
    const std::uint64_t pass_highest = low_bits + in_every_byte(static_cast<std::uint8_t>(0x7f - highest));
    return reach_lowest & ~pass_highest & ~word & top_bits;
}

// 0-9, A-Z and a-z.
constexpr bool is_alphanumeric(std::uint64_t word) noexcept
{
    const std::uint64_t is_digit = bytes_within(word, '0', '9');
    const std::uint64_t is_letter = bytes_within(word | in_every_byte(0x20), 'a', 'z');
    return (is_digit | is_letter) == top_bits;
}

} // namespace latchkey::byte_words
