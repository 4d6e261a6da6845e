// Digits for times and durations, without a stream and without an allocation besides the target. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace latchkey {

// At least `width` digits, zeros in front.
inline void append_padded(std::string& out, std::uint64_t value, unsigned width)
{
    char digits[20];
    unsigned used = 0;
    do {
        digits[sizeof digits - ++used] = static_cast<char>('0' + value % 10);
        value /= 10;
    } while (value != 0 || (used < width && used < sizeof digits));
    out.append(digits + sizeof digits - used, used);
}

// `.` and the fraction value / 10^width without trailing zeros; nothing at all for 0.
inline void append_fraction(std::string& out, std::uint64_t value, unsigned width)
{
    if (value == 0) return;
    while (value % 10 == 0) {
        value /= 10;
        --width;
    }
    out += '.';
    append_padded(out, value, width);
}

} // namespace latchkey
