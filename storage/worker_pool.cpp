#include "storage/worker_pool.hpp"

#include "storage/named_thread.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace latchkey {
namespace {

// Of this thread alone, as Linux has it (setpriority(2), "C library/kernel differences"). Nothing refuses it.
void give_way_to_others() noexcept
{
    const auto self = static_cast<id_t>(::gettid());
    ::setpriority(
        PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + worker_pool::niceness); // 19 at most
}

} // namespace

worker_pool::worker_pool(std::size_t threads, std::size_t queue_limit) : queue_limit_{queue_limit}
{
    figures_.threads = threads;
    threads_.reserve(threads);
    for (std::size_t count = 0; count < threads; ++count)
        threads_.push_back(named_thread("worker", [this] { work_until_stopped(); }));
}

worker_pool::~worker_pool()
{
    stop();
}

void worker_pool::stop()
{
    {
        const std::lock_guard lock{mutex_};
        stopped_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        if (thread.joinable()) thread.join();

    std::deque<waiting_call> abandoned;
    {
        const std::lock_guard lock{mutex_};
        abandoned.swap(queue_);
    }
    for (auto& waiting : abandoned)
        waiting.caller->resume(storage_errc::unavailable);
}

worker_figures worker_pool::figures() const
{
    const std::lock_guard lock{mutex_};
    worker_figures now = figures_;
    now.waiting = queue_.size();
    return now;
}

task<result<void>> worker_pool::perform(call* what)
{
    return suspend_until_resumed<result<void>>(
        [this, what](std::unique_ptr<resumption<result<void>>> caller) {
            enqueue({what, std::move(caller)});
        });
}

void worker_pool::enqueue(waiting_call waiting)
{
    storage_errc refusal = storage_errc::unavailable;
    {
        const std::lock_guard lock{mutex_};
        if (!stopped_ && queue_.size() < queue_limit_) {
            queue_.push_back(std::move(waiting));
            wake_.notify_one();
            return;
        }
        if (!stopped_) {
            refusal = storage_errc::overloaded;
            ++figures_.refused;
        }
    }
    waiting.caller->resume(refusal);
}

void worker_pool::work_until_stopped()
{
    give_way_to_others();
    for (;;) {
        waiting_call next;
        {
            std::unique_lock lock{mutex_};
            wake_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
            if (stopped_) return;
            next = std::move(queue_.front());
            queue_.pop_front();
            ++figures_.busy;
        }
        next.what->perform();
        {
            // Before the caller goes on, who may ask for the figures.
            const std::lock_guard lock{mutex_};
            --figures_.busy;
            ++figures_.completed;
        }
        next.caller->resume({});
    }
}

} // namespace latchkey
