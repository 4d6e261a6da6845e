// Threads for work that blocks or computes for long (Argon2id, reading the audit log), so that no shard
// does. Where there are fewer cores than threads they give way to the shards (./dev floods, login flood). One
// pool serves all shards; main owns it, stops it before the shards' io_contexts are destroyed, and stopping
// joins its threads.
#pragma once

#include "storage/error.hpp"
#include "storage/resumption.hpp"
#include "storage/task.hpp"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace latchkey {

struct worker_figures {
    std::size_t threads = 0;
    std::size_t busy = 0;    // threads
    std::size_t waiting = 0; // calls
    std::uint64_t completed = 0;
    std::uint64_t refused = 0; // because too many waited
};

class worker_pool {
public:
    static constexpr int niceness = 10;

    // At most `queue_limit` calls wait while every thread is busy.
    worker_pool(std::size_t threads, std::size_t queue_limit);
    ~worker_pool();

    worker_pool(const worker_pool&) = delete;
    worker_pool& operator=(const worker_pool&) = delete;

    // Calls `work` on one of the pool's threads and resumes on the caller's executor with what it returned;
    // what it throws is thrown at the caller. `work` returns a value, not void.
    // overloaded: the queue is full. unavailable: the pool has been stopped. In both cases `work` is not
    // called.
    template <class Work>
    task<result<std::invoke_result_t<Work&>>> run(Work work);

    // Calls that run are waited for; calls that still wait complete with unavailable. May be called twice.
    void stop();

    // How many calls wait for a thread.
    std::size_t waiting() const { return figures().waiting; }

    worker_figures figures() const;

private:
    class call {
    public:
        virtual ~call() = default;
        virtual void perform() noexcept = 0;
    };

    template <class Work>
    class call_of;

    struct waiting_call {
        call* what = nullptr; // lives in the frame of the coroutine that `caller` resumes
        std::unique_ptr<resumption<result<void>>> caller;
    };

    task<result<void>> perform(call* what);
    void enqueue(waiting_call waiting);
    void work_until_stopped();

    const std::size_t queue_limit_;
    mutable std::mutex mutex_; // guards what follows
    std::condition_variable wake_;
    std::deque<waiting_call> queue_;
    bool stopped_ = false;
    worker_figures figures_;

    std::vector<std::thread> threads_;
};

template <class Work>
class worker_pool::call_of final : public call {
public:
    using value_type = std::invoke_result_t<Work&>;

    explicit call_of(Work work) : work_{std::move(work)} {}

    void perform() noexcept override
    {
        try {
            value_.emplace(work_());
        } catch (...) {
            thrown_ = std::current_exception();
        }
    }

    value_type take()
    {
        if (thrown_) std::rethrow_exception(thrown_);
        return std::move(*value_);
    }

private:
    Work work_;
    std::optional<value_type> value_;
    std::exception_ptr thrown_;
};

template <class Work>
task<result<std::invoke_result_t<Work&>>> worker_pool::run(Work work)
{
    call_of<Work> what{std::move(work)};
    const result<void> performed = co_await perform(&what);
    if (!performed) co_return performed.error();
    co_return what.take();
}

} // namespace latchkey
