#include "storage/sweeper.hpp"

#include "storage/named_thread.hpp"

#include <chrono>
#include <new>

namespace latchkey {
namespace {

constexpr std::chrono::milliseconds interval{500};

} // namespace

sweeper::sweeper(std::function<void()> sweep)
    : sweep_{std::move(sweep)},
      thread_{named_thread("sweeper", [this] { run(); })}
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
        wake_.wait_for(hold, interval, [this] { return is_stopping_; });
    }
}

} // namespace latchkey
