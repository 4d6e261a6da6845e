// A thread that does something at a steady pace, for as long as it lives: a store's periodic work. Owned by
// the store; stop() and the destructor wait for a run that is under way.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace latchkey {

class sweeper {
public:
    // The first run comes at once.
    explicit sweeper(std::function<void()> sweep);
    ~sweeper();
    sweeper(const sweeper&) = delete;
    sweeper& operator=(const sweeper&) = delete;

    void stop();

private:
    void run();

    const std::function<void()> sweep_;
    std::mutex mutex_;
    std::condition_variable wake_;
    bool is_stopping_ = false;
    std::thread thread_;
};

} // namespace latchkey
