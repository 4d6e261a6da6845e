// What one shard counts of the requests that go through the middleware: all but ANY /verify, which is counted
// by what it answers (shard_metrics.hpp). Written on the shard's thread only, read by whoever scrapes.
#pragma once

#include "server/shard_figure.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace latchkey {

class exposition;
struct route;

// A histogram whose bounds are powers of two, so that finding the bucket costs one instruction.
class latency_figures {
public:
    static constexpr unsigned lowest = 14;         // 2^14 ns: 16 microseconds
    static constexpr std::size_t bound_count = 20; // to 2^33 ns: 8.6 s

    void count(std::chrono::nanoseconds took) noexcept
    {
        const auto span = static_cast<std::uint64_t>(took.count() > 1 ? took.count() - 1 : 0);
        const auto width = static_cast<unsigned>(std::bit_width(span));
        const std::size_t bucket = width < lowest ? 0 : width - lowest;
        counts_[bucket < bound_count ? bucket : bound_count].add();
        nanoseconds_.add(span + 1);
    }

    // What several have counted, taken together.
    struct sum {
        std::array<std::uint64_t, bound_count> at_most{};
        std::uint64_t count = 0;
        double seconds = 0;

        void add(const latency_figures& one) noexcept;
    };

    static const std::array<double, bound_count>& bounds() noexcept; // seconds

private:
    std::array<shard_figure, bound_count + 1> counts_;
    shard_figure nanoseconds_;
};

class request_figures {
public:
    request_figures();

    // `row`: null where no route was found.
    void count(const route* row, unsigned status, std::chrono::nanoseconds took) noexcept;

    // The families of several shards' figures, taken together.
    static void write(exposition& out, std::span<const request_figures* const> shards);

private:
    static std::size_t index_of(const route* row) noexcept;

    // By route, then by status; the last route is that of requests without one.
    std::unique_ptr<shard_figure[]> answers_;
    std::unique_ptr<latency_figures[]> latencies_; // by tag (operation_tags); the last: without a route
};

} // namespace latchkey
