#include "storage/run_together.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

struct works {
    // Lets others run so many times.
    task<int> work(int number, int turns)
    {
        began += std::to_string(number);
        most_at_once = std::max(most_at_once, ++at_once);
        const executor where = co_await asio::this_coro::executor;
        for (int turn = 0; turn < turns; ++turn) {
            auto others = asio::post(where, use_task);
            co_await std::move(others);
        }
        --at_once;
        ended += std::to_string(number);
        if (number == throws) throw std::runtime_error{"thrown"};
        co_return number;
    }

    // Never ends.
    task<int> hang()
    {
        const executor where = co_await asio::this_coro::executor;
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>,
                                   executor>
            forever{where, std::chrono::steady_clock::time_point::max()};
        auto waiting = forever.async_wait(asio::as_tuple(use_task));
        co_await std::move(waiting);
        co_return 0;
    }

    std::string began, ended;
    int at_once = 0, most_at_once = 0;
    int throws = 0;
};

} // namespace

TEST_CASE("the results of works that run together are in the order of the works", "[run_together]")
{
    works some;
    std::vector<task<int>> all;
    for (const int number : {1, 2, 3, 4, 5})
        all.push_back(some.work(number, 10 - number));

    CHECK(run_task(run_together(std::move(all), 3)) == std::vector<int>{1, 2, 3, 4, 5});
    CHECK(some.most_at_once == 3);
    CHECK(some.began.starts_with("123"));
    CHECK(some.ended.starts_with('3'));
}

TEST_CASE("works that do not wait, and none at all, run together as well", "[run_together]")
{
    works some;
    std::vector<task<int>> all;
    for (const int number : {1, 2, 3})
        all.push_back(some.work(number, 0));
    CHECK(run_task(run_together(std::move(all), 2)) == std::vector<int>{1, 2, 3});
    CHECK(run_task(run_together(std::vector<task<int>>{}, 2)).empty());
}

TEST_CASE("when one of the works throws, those that have begun are waited for and no other begins",
          "[run_together]")
{
    works some;
    some.throws = 2;
    std::vector<task<int>> all;
    for (const int number : {1, 2, 3, 4})
        all.push_back(some.work(number, number == 1 ? 9 : 1));

    CHECK_THROWS_AS(run_task(run_together(std::move(all), 2)), std::runtime_error);
    CHECK(some.began == "12");
    CHECK(some.ended == "21");
}

TEST_CASE("a context may end while works run together on it", "[run_together]")
{
    works some;
    asio::io_context context{1};
    std::vector<task<int>> all;
    all.push_back(some.hang());
    all.push_back(some.work(1, 1));
    all.push_back(some.hang());
    auto running = run_together(std::move(all), 3);
    bool has_ended = false;
    asio::co_spawn(
        context, std::move(running), [&](std::exception_ptr, std::vector<int>) { has_ended = true; });
    context.poll();
    CHECK(some.ended == "1");
    CHECK_FALSE(has_ended);
}

} // namespace latchkey::test
