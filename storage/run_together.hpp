// Awaits many tasks at once, a bounded number of them at a time. For one io_context: the tasks run on the
// context of the caller, take turns there, and need no locks.
#pragma once

#include "storage/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace latchkey {

template <class T>
struct run_together_state {
    explicit run_together_state(std::vector<task<T>> asked) : works{std::move(asked)}, results(works.size())
    {}

    void end_one(std::exception_ptr thrown)
    {
        if (thrown && !failure) failure = std::move(thrown);
        if (--running == 0 && caller) std::move (*caller)();
    }

    std::vector<task<T>> works;
    std::vector<T> results;
    std::size_t next = 0;
    std::size_t running = 0;
    std::exception_ptr failure;
    std::optional<asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type> caller;
};

template <class T>
task<void> work_off(std::shared_ptr<run_together_state<T>> all)
{
    while (all->next < all->works.size() && !all->failure) {
        const std::size_t index = all->next++;
        T made = co_await std::move(all->works[index]);
        all->results[index] = std::move(made);
    }
}

// What cannot be started is a failure like any other: those that have been started are waited for.
template <class T>
void start_working(const std::shared_ptr<run_together_state<T>>& all,
                   const executor& where,
                   std::size_t at_once)
{
    const auto end = [all](std::exception_ptr thrown) { all->end_one(std::move(thrown)); };
    const std::size_t workers = std::min(at_once, all->works.size());
    ++all->running; // so that nobody is the last before all have been started
    for (std::size_t worker = 0; worker < workers && !all->failure; ++worker) {
        ++all->running;
        try {
            auto working = work_off(all);
            asio::co_spawn(where, std::move(working), end);
        } catch (...) {
            all->end_one(std::current_exception());
        }
    }
    --all->running;
}

// Goes on when the last one has ended.
template <class T>
task<void> end_of(run_together_state<T>& state)
{
    auto initiate = [&state](auto caller) { state.caller.emplace(std::move(caller)); };
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(std::move(initiate), use_task);
}

// The results in the order of the tasks. Throws what the first of them threw, or std::bad_alloc, when all
// that began have ended: what the tasks refer to need not outlive this one.
template <class T>
task<std::vector<T>> run_together(std::vector<task<T>> works, std::size_t at_once)
{
    const executor where = co_await asio::this_coro::executor;
    auto all = std::make_shared<run_together_state<T>>(std::move(works));
    run_together_state<T>& state = *all;
    auto ending = end_of(state); // made before anything runs: to wait must not need memory
    start_working(all, where, at_once);
    if (state.running != 0) {
        // From here on those who work own it, and it owns whoever waits. The last one is there until this is
        // done.
        all.reset();
        co_await std::move(ending);
    }
    if (state.failure) std::rethrow_exception(state.failure);
    co_return std::move(state.results);
}

} // namespace latchkey
