// How much of something may leave the process in one window of time: audit entries of verifications, log
// lines of refusals. Without a lock, because it is asked where a flood arrives. Any thread.
#pragma once

#include "storage/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latchkey {

class rate_window {
public:
    explicit rate_window(std::uint32_t most, std::chrono::seconds length = std::chrono::seconds{1}) noexcept
        : most_{most},
          length_{length}
    {}

    // One more at `now`? Counted when it says yes.
    bool has_room(time_point now) noexcept
    {
        const auto number = static_cast<std::uint64_t>(now.time_since_epoch() / length_) & UINT32_MAX;
        std::uint64_t seen = window_.load(std::memory_order_relaxed);
        std::uint64_t next = 0;
        do {
            const std::uint64_t used = seen >> 32 == number ? seen & UINT32_MAX : 0;
            if (used >= most_) return false;
            next = number << 32 | (used + 1);
        } while (!window_.compare_exchange_weak(seen, next, std::memory_order_relaxed));
        return true;
    }

private:
    const std::uint32_t most_;
    const std::chrono::seconds length_;
    std::atomic<std::uint64_t> window_{0}; // its number (upper half) and how many it let through (lower half)
};

} // namespace latchkey
