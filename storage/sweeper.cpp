#include "storage/sweeper.hpp"

#include <new>

namespace latchkey {

sweeper::sweeper(std::chrono::milliseconds interval, std::function<void()> sweep)
    : interval_{interval},
      sweep_{std::move(sweep)},
      thread_{[this] { run(); }}
{}

sweeper::~sweeper()
{
    stop();
}

void sweeper::stop()
{
    {
        const std::lock_guard hold{mutex_};
        is_stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void sweeper::run()
{
    std::unique_lock hold{mutex_};
    while (!is_stopping_) {
        hold.unlock();
        try {
            sweep_();
        } catch (const std::bad_alloc&) {
            // There may be memory next time; what was left out is due again then, or after a restart.
        }
        hold.lock();
        wake_.wait_for(hold, interval_, [this] { return is_stopping_; });
    }
}

} // namespace latchkey
