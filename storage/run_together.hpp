// Awaits many tasks at once, a bounded number of them at a time. For one io_context: the tasks run on the
// context of the caller, take turns there, and need no locks.
#pragma once

#include "storage/error.hpp"
#include "storage/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey {

template <class T>
struct run_together_state {
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             executor>;

    run_together_state(executor where, std::vector<task<T>> asked)
        : works{std::move(asked)},
          results(works.size()),
          finished{where, std::chrono::steady_clock::time_point::max()}
    {}

    std::vector<task<T>> works;
    std::vector<T> results;
    std::size_t next = 0;
    std::size_t running = 0;
    std::exception_ptr failure;
    timer finished;
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

// The results in the order of the tasks. Throws what the first of them threw, when all that began have ended.
template <class T>
task<std::vector<T>> run_together(std::vector<task<T>> works, std::size_t at_once)
{
    const executor where = co_await asio::this_coro::executor;
    const auto all = std::make_shared<run_together_state<T>>(where, std::move(works));
    const auto end = [all](std::exception_ptr thrown) {
        if (thrown && !all->failure) all->failure = thrown;
        if (--all->running == 0) all->finished.cancel();
    };
    const std::size_t workers = std::min(at_once, all->works.size());
    all->running = workers;
    for (std::size_t worker = 0; worker < workers; ++worker) {
        auto working = work_off(all);
        asio::co_spawn(where, std::move(working), end);
    }
    error_code ignored; // the only way for this wait to end is to be cancelled
    if (all->running != 0) co_await all->finished.async_wait(asio::redirect_error(use_task, ignored));
    if (all->failure) std::rethrow_exception(all->failure);
    co_return std::move(all->results);
}

} // namespace latchkey
