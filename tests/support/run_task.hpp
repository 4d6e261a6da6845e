// Runs one coroutine to its end on an io_context of the calling thread. Fails the test if it does not
// finish in time.
#pragma once

#include "storage/task.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey::test {

template <class T>
T run_task_on(asio::io_context& context, task<T> work, std::chrono::seconds deadline = patience)
{
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
    // Until the task has ended, and no longer: a connection that stays open is work without an end. A thread
    // that let go of the context's last work in an earlier call may stop it only now, which ends nothing.
    const auto open = asio::make_work_guard(context);
    const auto last_moment = std::chrono::steady_clock::now() + deadline;
    while (!end->value && std::chrono::steady_clock::now() < last_moment) {
        if (context.run_one_until(last_moment) == 0) context.restart();
    }
    context.poll();
    if (end->failure) std::rethrow_exception(end->failure);
    REQUIRE(end->value.has_value());
    return std::move(*end->value);
}

template <class T>
T run_task(task<T> work, std::chrono::seconds deadline = patience)
{
    // Outlives every call: a writer thread may still be inside its post() when the task it woke has ended.
    thread_local asio::io_context context{1};
    return run_task_on(context, std::move(work), deadline);
}

} // namespace latchkey::test
