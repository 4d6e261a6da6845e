// Counts durations in buckets whose width grows with the duration, 1/64 of it at most. Fixed memory, one
// increment for each; one thread's.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace latchkey::bench {

class latency_histogram {
public:
    void add(std::chrono::nanoseconds latency, std::uint64_t times = 1) noexcept
    {
        const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(latency.count(), 0));
        counts_[index_of(value)] += times;
        total_ += times;
        longest_ = std::max(longest_, value);
    }

    std::uint64_t count() const noexcept { return total_; }
    double longest_ms() const noexcept { return static_cast<double>(longest_) / 1e6; }

    // What `part` (0 to 1) of all did not exceed, rounded up to the end of its bucket; 0 if there are none.
    double percentile_ms(double part) const noexcept
    {
        const auto wanted = static_cast<std::uint64_t>(part * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t index = 0; index < counts_.size(); ++index) {
            seen += counts_[index];
            if (seen > 0 && seen >= wanted)
                return static_cast<double>(std::min(end_of(index), longest_)) / 1e6;
        }
        return 0;
    }

private:
    static constexpr unsigned fine_bits = 6; // 64 buckets to each doubling
    static constexpr std::size_t fine = std::size_t{1} << fine_bits;

    // Below 2 * fine each value has a bucket; above, the highest seven bits choose it.
    static std::size_t index_of(std::uint64_t value) noexcept
    {
        if (value < 2 * fine) return static_cast<std::size_t>(value);
        const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - fine_bits - 1;
        return shift * fine + static_cast<std::size_t>(value >> shift);
    }

    static std::uint64_t end_of(std::size_t index) noexcept
    {
        if (index < 2 * fine) return index;
        const std::size_t shift = index / fine - 1;
        return ((std::uint64_t{index - shift * fine} + 1) << shift) - 1;
    }

    std::array<std::uint64_t, (64 - fine_bits + 1) * fine> counts_{};
    std::uint64_t total_ = 0;
    std::uint64_t longest_ = 0;
};

} // namespace latchkey::bench
