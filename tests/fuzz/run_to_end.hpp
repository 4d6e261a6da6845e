// Runs one coroutine to its end on an io_context of its own thread, without a test framework.
#pragma once

#include "storage/task.hpp"
#include "tests/fuzz/target.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey::fuzz {

template <class T>
task<std::optional<T>> boxed(task<T> work)
{
    T value = co_await std::move(work);
    co_return std::optional<T>{std::move(value)};
}

template <class T>
T run_to_end(task<T> work)
{
    // Outlives every call: a writer thread may still be inside its post() when the task it woke has ended.
    thread_local asio::io_context context{1};
    std::optional<T> value;
    std::exception_ptr failure;
    asio::co_spawn(context, boxed(std::move(work)), [&](std::exception_ptr thrown, std::optional<T> result) {
        failure = std::move(thrown);
        value = std::move(result);
    });
    context.restart();
    context.run();
    if (failure) std::rethrow_exception(failure);
    MUST(value.has_value());
    return std::move(*value);
}

} // namespace latchkey::fuzz
