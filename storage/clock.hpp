// Time as the whole program sees it: UTC, whole microseconds (what is stored and sent, contract 1.5).
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace latchkey {

using microseconds = std::chrono::microseconds;
using time_point = std::chrono::sys_time<microseconds>;

// The monotonic clock for a thread that has many small things to do at once: while one of these lives, it is
// read once for all of them. What was read is as old as it takes to do them, so whoever has very many renews
// it. Each verification asks for the time, or twice over a Redis, which took a twentieth of a pipelined one
// (./dev bench verify).
class turn_time {
public:
    using time = std::chrono::steady_clock::time_point;

    turn_time() noexcept { renew(); }
    ~turn_time() { reading = none; }
    turn_time(const turn_time&) = delete;
    turn_time& operator=(const turn_time&) = delete;

    void renew() noexcept { reading = std::chrono::steady_clock::now(); }

    // This thread's reading; without one, the clock's.
    static time now() noexcept { return reading == none ? std::chrono::steady_clock::now() : reading; }

private:
    static constexpr time none{};

    static inline constinit thread_local time reading{none};
};

class clock {
public:
    virtual ~clock() = default;
    virtual time_point now() const noexcept = 0;
};

// The machine's clock, except that it never runs slower than the monotonic clock: when the wall clock is
// set back, time goes on from where it was, so that no token outlives its lifetime within one process.
// Safe to call from every thread.
class steady_wall_clock final : public clock {
public:
    time_point now() const noexcept override;

private:
    std::int64_t look_up_offset(std::int64_t monotonic) const noexcept;

    // Microseconds. Every verification asks for the time, so the wall clock is read again only when
    // offset_age has passed: a clock set forward is followed that much later.
    static constexpr std::int64_t offset_age = 1000;
    mutable std::atomic<std::int64_t> greatest_offset_{INT64_MIN}; // wall minus monotonic
    mutable std::atomic<std::int64_t> looked_up_at_{INT64_MIN};
};

} // namespace latchkey
