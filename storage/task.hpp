// The coroutine vocabulary of the whole program, named once. One concrete executor type, because
// every shard is one io_context on one thread: any_io_executor would be type-erased on each await.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

namespace latchkey {

namespace asio = boost::asio;

using executor = asio::io_context::executor_type;

template <class T>
using task = asio::awaitable<T, executor>;

inline constexpr asio::use_awaitable_t<executor> use_task{};

// A task with nothing to wait for, which completes with `value`: for what is no coroutine itself.
template <class T>
task<T> done_with(T value)
{
    co_return value;
}

// How co_spawn ends a coroutine that nobody awaits: what it throws leaves the context's run().
inline void rethrow(std::exception_ptr thrown)
{
    if (thrown) std::rethrow_exception(thrown);
}

} // namespace latchkey
