// Two decimal digits at once, for times as text. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

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

// "T03:04:05.678901", or another separator in front: sixteen characters of the microseconds since midnight.
inline void write_time_of_day(char* out, char separator, std::uint64_t since_midnight) noexcept
{
    const auto second = static_cast<std::uint32_t>(since_midnight / 1'000'000);
    const auto fraction = static_cast<std::uint32_t>(since_midnight % 1'000'000);
    std::string_view{"T00:00:00.000000"}.copy(out, 16);
    out[0] = separator;
    write_digit_pair(out + 1, second / 3600);
    write_digit_pair(out + 4, second / 60 % 60);
    write_digit_pair(out + 7, second % 60);
    write_digit_pair(out + 10, fraction / 10'000);
    write_digit_pair(out + 12, fraction / 100 % 100);
    write_digit_pair(out + 14, fraction % 100);
}

} // namespace latchkey
