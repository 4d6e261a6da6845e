// How a thread that writes what others queue gets large batches: those whom its last batch answered come back
// one after the other, and a batch for the first alone would make all others wait for two. So it waits a
// moment for as many as the last one had. Part of the writer's queue: every function with its lock held.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace latchkey {

class batch_gathering {
public:
    // Before the thread waits for the first.
    void begin() noexcept { wake_at_ = 1; }

    // Whether the thread is to be woken now that one more is there, and so many wait.
    bool is_awaited(std::size_t queued) const noexcept { return queued == wake_at_; }

    // The wait for the others. `queued` says how many there are; `is_over`, that nobody is to be waited for.
    template <class Queued, class IsOver>
    void
    wait(std::condition_variable& wake, std::unique_lock<std::mutex>& hold, Queued queued, IsOver is_over)
    {
        if (!is_over() && queued() < last_) {
            wake_at_ = last_;
            wake.wait_for(hold, patience, [&] { return is_over() || queued() >= wake_at_; });
        }
        last_ = queued();
    }

private:
    static constexpr std::chrono::microseconds patience{200};

    std::size_t wake_at_ = 1;
    std::size_t last_ = 0;
};

} // namespace latchkey
