// For what has a thread to itself: commands, and a server that starts or stops.
#pragma once

#include "storage/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace latchkey {

// Runs `work` to its end on the calling thread, which nobody else runs `context` on. Throws what `work`
// throws.
template <class T>
T run_to_end(asio::io_context& context, task<T> work)
{
    std::optional<T> value;
    std::exception_ptr failure;
    auto end = [&](std::exception_ptr thrown, T made) {
        failure = std::move(thrown);
        value.emplace(std::move(made));
    };
    asio::co_spawn(context, std::move(work), std::move(end));
    context.restart();
    // No longer than needed: a connection that stays open is work without an end. A writer thread that let go
    // of the context's last work in an earlier call may stop it only now, which ends nothing.
    const auto open = asio::make_work_guard(context);
    while (!value) {
        if (context.run_one() == 0) context.restart();
    }
    if (failure) std::rethrow_exception(failure);
    return std::move(*value);
}

} // namespace latchkey
