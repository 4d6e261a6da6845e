// How many keys there are, by kind and state: counted now and then by a store's background thread, asked for
// by whoever scrapes metrics. A store owns one counter.
#pragma once

#include "storage/records.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

namespace latchkey {

class memory_table;

// What a key is good for now. `suspended`: it has not expired, but its user is suspended.
enum class key_state : std::uint8_t { active, suspended, expired };
inline constexpr std::size_t key_state_count = 3;

struct key_census {
    std::array<std::uint64_t, key_state_count> tokens{};   // named ones; by key_state
    std::array<std::uint64_t, key_state_count> sessions{}; // all others
    std::uint64_t ending_tokens = 0;                       // active ones that expire within ending_span
    std::chrono::nanoseconds took{};

    static constexpr std::chrono::hours ending_span{7 * 24};
};

class key_counter {
public:
    // Counts if it is time to. What it costs decides when that is: counting takes half a percent of a core at
    // most, a second apart at least and a minute at most. Not for a shard's thread.
    void count_if_due(memory_table& table, time_point now);

    // The last one; nothing before the first. From any thread.
    std::optional<key_census> latest() const;

private:
    mutable std::mutex mutex_; // guards latest_
    std::optional<key_census> latest_;
    std::chrono::steady_clock::time_point next_{}; // of the counting thread alone
};

} // namespace latchkey
