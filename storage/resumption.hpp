// How a coroutine waits for another thread: it is suspended, and what resumes it is handed out as an
// object that any thread may call once. The coroutine goes on where it was, on its own executor.
#pragma once

#include "storage/task.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <utility>

namespace latchkey {

// Whoever holds one must call `resume` exactly once, and before the coroutine's io_context is destroyed:
// dropping it would destroy the coroutine's frame on the wrong thread.
template <class T>
class resumption {
public:
    virtual ~resumption() = default;

    // Posts to the coroutine's executor; never runs it on the calling thread.
    virtual void resume(T value) = 0;
};

template <class T, class Handler>
class handler_resumption final : public resumption<T> {
public:
    explicit handler_resumption(Handler handler) : handler_{std::move(handler)} {}

    void resume(T value) override
    {
        // Asio signals the woken thread after it has let go of its lock. Without work of our own, that thread
        // could by then have run the coroutine to its end, left run() and destroyed the context.
        const auto where =
            asio::prefer(asio::get_associated_executor(handler_), asio::execution::outstanding_work.tracked);
        asio::post(where, [handler = std::move(handler_), value = std::move(value)]() mutable {
            std::move(handler)(std::move(value));
        });
    }

private:
    Handler handler_;
};

// Suspends the calling coroutine and calls start(std::unique_ptr<resumption<T>>), which may hand it to
// another thread at once. The context must be run by one thread, as every shard's is.
template <class T, class Start>
task<T> suspend_until_resumed(Start start)
{
    auto initiate = [start = std::move(start)](auto handler) mutable {
        using handler_type = decltype(handler);
        start(std::unique_ptr<resumption<T>>{
            std::make_unique<handler_resumption<T, handler_type>>(std::move(handler))});
    };
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void(T)>(std::move(initiate),
                                                                                use_task);
}

} // namespace latchkey
