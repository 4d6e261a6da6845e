// SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash, for what outsiders shall not be able to
// predict or steer. Not for secrets. Pure, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace latchkey {

using siphash_key = std::array<std::uint8_t, 16>;

std::uint64_t siphash(const siphash_key& key, std::string_view bytes) noexcept;

} // namespace latchkey
