// A thread that does something at a steady pace, for as long as it lives: a store's periodic work. Owned by
// the store; stop() and the destructor wait for a run that is under way.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace latchkey {

class sweeper {
public:
    static constexpr std::chrono::milliseconds usual_interval{500};

    // The first run comes at once.
    sweeper(std::chrono::milliseconds interval, std::function<void()> sweep);
    ~sweeper();
    sweeper(const sweeper&) = delete;
    sweeper& operator=(const sweeper&) = delete;

    void stop();

private:
    void run();

    const std::chrono::milliseconds interval_;
    const std::function<void()> sweep_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    std::thread thread_;
};

} // namespace latchkey
