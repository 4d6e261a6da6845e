// Runs one coroutine to its end on a private io_context. Fails the test if it does not finish in time.
#pragma once

#include "storage/task.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace latchkey::test {

template <class T>
T run_task(task<T> work, std::chrono::seconds deadline = std::chrono::seconds{30})
{
    asio::io_context context{1};
    std::exception_ptr failure;
    std::optional<T> value;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T result) {
        failure = std::move(thrown);
        value.emplace(std::move(result));
    });
    context.run_for(deadline);
    if (failure) std::rethrow_exception(failure);
    REQUIRE(value.has_value());
    return std::move(*value);
}

} // namespace latchkey::test
