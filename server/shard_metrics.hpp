// What one shard counts. Written on the shard's thread only, so that counting is an ordinary addition; read
// by whoever scrapes. Owned by `metrics`.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey {

// One thread changes it, every thread may read it.
class shard_figure {
public:
    void add(std::uint64_t more = 1) noexcept { set(value() + more); }
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

// No more than the answer says itself: whoever may read metrics must not learn from them whether an id
// exists, or why a token was refused.
enum class verification_outcome : std::uint8_t {
    accepted,
    insufficient, // a good token without the rights that were asked for
    refused,
    no_token, // or a request that is not looked at further
    unavailable,
};

inline constexpr std::array<std::string_view, 5> verification_outcome_names = {
    "accepted", "insufficient", "refused", "no_token", "unavailable"};

// Two cache lines of its own: processors fetch them in pairs.
struct alignas(128) shard_metrics {
    void count(verification_outcome what) noexcept { verifications[static_cast<std::size_t>(what)].add(); }

    std::array<shard_figure, verification_outcome_names.size()> verifications; // answers of /verify
    shard_figure connections_open;
    shard_figure connections_accepted;
    shard_figure connections_refused; // beyond the limit
};

} // namespace latchkey
