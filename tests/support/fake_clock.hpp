// A clock that stands still until the test moves it. Stores read it from their own threads too.
#pragma once

#include "storage/clock.hpp"

#include <atomic>

namespace latchkey::test {

class fake_clock final : public clock {
public:
    // Monday, 2026-01-05 12:00:00 UTC: any fixed moment will do.
    explicit fake_clock(time_point start = time_point{std::chrono::seconds{1'767'614'400}}) : now_{start} {}

    time_point now() const noexcept override { return now_.load(); }
    void set(time_point now) noexcept { now_.store(now); }
    void advance(microseconds by) noexcept { now_.store(now_.load() + by); }

private:
    std::atomic<time_point> now_;
};

} // namespace latchkey::test
