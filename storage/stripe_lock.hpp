// The lock of a part of the key table: one byte, in the cache line of what it guards, taken and let go of
// inline. A mutex cost a verification from memory a twentieth more (./dev bench verify). Only for holders
// that wait for nothing: whoever finds it taken spins for a moment, then lets others run.
#pragma once

#include <atomic>
#include <thread>

namespace latchkey {

class stripe_lock {
public:
    void lock() noexcept
    {
        while (!try_lock())
            wait_until_free();
    }

    bool try_lock() noexcept { return !taken_.exchange(true, std::memory_order_acquire); }
    void unlock() noexcept { taken_.store(false, std::memory_order_release); }

private:
    void wait_until_free() const noexcept
    {
        constexpr int spins_before_yielding = 100;
        for (int spin = 0; taken_.load(std::memory_order_relaxed); ++spin) {
            if (spin >= spins_before_yielding) std::this_thread::yield();
        }
    }

    std::atomic<bool> taken_{false};
};

} // namespace latchkey
