// Runs one coroutine to its end on an io_context of the calling thread. Fails the test if it does not
// finish in time.
#pragma once

#include "storage/task.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey::test {

template <class T>
T run_task(task<T> work, std::chrono::seconds deadline = std::chrono::seconds{30})
{
    // Outlives every call: a writer thread may still be inside its post() when the task it woke has ended.
    thread_local asio::io_context context{1};

    struct ending {
        std::exception_ptr failure;
        std::optional<T> value;
    };
    const auto end = std::make_shared<ending>(); // a task that misses its deadline may end much later
    asio::co_spawn(context, std::move(work), [end](std::exception_ptr thrown, T result) {
        end->failure = std::move(thrown);
        end->value.emplace(std::move(result));
    });
    context.restart();
    context.run_for(deadline);
    if (end->failure) std::rethrow_exception(end->failure);
    REQUIRE(end->value.has_value());
    return std::move(*end->value);
}

} // namespace latchkey::test
