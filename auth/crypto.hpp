// The only door to Botan. Hash objects are made once per thread; random bytes are drawn from the
// operating system's generator 4 KiB at a time. Every function is safe to call from any thread.
#pragma once

#include "storage/records.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace latchkey {

digest sha256(std::string_view bytes);
digest hmac_sha256(std::string_view key, std::string_view bytes);

// In time that does not depend on where they differ.
bool equal_in_constant_time(const digest& one, const digest& other) noexcept;
bool equal_in_constant_time(std::string_view one, std::string_view other) noexcept;

// From the operating system. A failure there ends the process: there is no weaker fallback.
void random_bytes(std::span<std::uint8_t> out) noexcept;

// Version 4 (RFC 9562).
uuid random_uuid() noexcept;

// Each character uniform over 0-9A-Za-z (rejection, no modulo bias).
void random_alphanumeric(std::span<char> out) noexcept;

// Uniform in [0, bound); bound > 0.
std::uint32_t random_below(std::uint32_t bound) noexcept;

// Overwrites in a way that the optimiser keeps.
void wipe_memory(void* memory, std::size_t size) noexcept;

// Argon2id (RFC 9106) of `password`. memory in KiB. Takes tens of milliseconds: never on a shard.
digest argon2id(std::string_view password,
                std::span<const std::uint8_t> salt,
                std::uint32_t memory,
                std::uint32_t passes,
                std::uint32_t lanes);

} // namespace latchkey
