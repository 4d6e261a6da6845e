// Bytes of the operating system's generator, for names and keys that storage makes up itself. Secrets of
// tokens are made in auth.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <sys/random.h>
#include <system_error>

namespace latchkey {

// Few enough to come whole or not at all. Throws system_error.
template <std::size_t Size>
requires(Size <= 256) std::array<std::uint8_t, Size> random_bytes()
{
    std::array<std::uint8_t, Size> bytes;
    ssize_t drawn = -1;
    do {
        drawn = getrandom(bytes.data(), bytes.size(), 0);
    } while (drawn < 0 && errno == EINTR);
    if (drawn < 0) throw std::system_error{errno, std::system_category(), "getrandom"};
    return bytes;
}

} // namespace latchkey
