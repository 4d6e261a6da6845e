// Two decimal digits at once, for times as text. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace latchkey {

inline constexpr auto digit_pairs = [] {
    std::array<char, 200> made{};
    for (std::size_t value = 0; value < made.size() / 2; ++value) {
        made[2 * value] = static_cast<char>('0' + value / 10);
        made[2 * value + 1] = static_cast<char>('0' + value % 10);
    }
    return made;
}();

// Below 100.
inline void write_digit_pair(char* at, std::uint32_t value) noexcept
{
    std::memcpy(at, digit_pairs.data() + std::size_t{2} * value, 2);
}

} // namespace latchkey
