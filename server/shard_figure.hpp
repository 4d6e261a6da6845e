// The number that a shard counts up. One thread changes it, every thread may read it; so that counting is an
// ordinary addition.
#pragma once

#include <atomic>
#include <cstdint>

namespace latchkey {

class shard_figure {
public:
    void add(std::uint64_t more = 1) noexcept { set(value() + more); }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

} // namespace latchkey
