// A coroutine that waits for a durable write, without its type. Made where the coroutine waits, handed to
// the writer's thread, completed on the coroutine's own thread; or destroyed there with its io_context.
#pragma once

#include "storage/error.hpp"
#include "storage/task.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace latchkey {

// An error_code as a value: as such Asio would turn it into an exception.
struct write_verdict {
    error_code ec;
};

class write_waiter {
public:
    virtual ~write_waiter() = default;

    virtual executor home() const noexcept = 0;

    // On home's thread. The coroutine goes on before this returns.
    virtual void complete(write_verdict verdict) = 0;
};

template <class Handler>
class handler_waiter final : public write_waiter {
public:
    explicit handler_waiter(Handler handler)
        : handler_{std::move(handler)},
          work_{asio::get_associated_executor(handler_)}
    {}

    executor home() const noexcept override { return work_.get_executor(); }
    void complete(write_verdict verdict) override { std::move(handler_)(verdict); }

private:
    Handler handler_;
    asio::executor_work_guard<executor> work_; // the context may not run dry while the writer is at work
};

// Calls `begin` with a waiter of the caller's, once it is waited for; the outcome is what the waiter is told.
template <class Begin>
task<write_verdict> wait_for_write(Begin begin)
{
    auto initiate = [begin = std::move(begin)](auto handler) mutable {
        begin(std::make_unique<handler_waiter<decltype(handler)>>(std::move(handler)));
    };
    return asio::async_initiate<decltype(use_task), void(write_verdict)>(std::move(initiate), use_task);
}

// Waiters with their verdicts, sorted by the thread they live on: one post wakes all of one thread.
class completions {
public:
    void add(std::unique_ptr<write_waiter> waiter, error_code verdict);
    void post();

private:
    struct completion {
        std::unique_ptr<write_waiter> waiter;
        error_code verdict;
    };
    struct group {
        asio::executor_work_guard<executor> home; // until post() has returned the context must not end
        std::vector<completion> completed;
    };

    std::vector<group> groups_;
};

} // namespace latchkey
