#include "storage/worker_pool.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/run_task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

using namespace latchkey;

namespace {

struct where_it_ran {
    std::thread::id work;
    std::thread::id resumed;
};

task<where_it_ran> note_threads(worker_pool& pool)
{
    auto work = [] { return std::this_thread::get_id(); };
    const auto ran = co_await pool.run(work);
    co_return where_it_ran{ran.value(), std::this_thread::get_id()};
}

// Holds a pool's thread until it is let go, and says when it has begun.
struct thread_gate {
    std::promise<void> begun;
    std::promise<void> open;
};

task<void> hold_a_thread(worker_pool& pool, thread_gate& held, result<int>& outcome)
{
    auto work = [&held] {
        held.begun.set_value();
        held.open.get_future().wait();
        return 1;
    };
    outcome = co_await pool.run(work);
}

task<void> run_quickly(worker_pool& pool, result<int>& outcome)
{
    auto work = [] { return 2; };
    outcome = co_await pool.run(work);
}

} // namespace

TEST_CASE("work gives way to the threads that serve", "[worker_pool]")
{
    worker_pool pool{1, 1};
    const auto niceness_here = [] { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); };

    const auto theirs = test::run_task(pool.run(niceness_here));

    REQUIRE(theirs);
    CHECK(*theirs == std::min(19, niceness_here() + worker_pool::niceness));
}

TEST_CASE("work runs on the pool's thread and its caller goes on where it was", "[storage][worker_pool]")
{
    worker_pool pool{1, 8};

    const where_it_ran where = test::run_task(note_threads(pool));

    CHECK(where.work != std::this_thread::get_id());
    CHECK(where.resumed == std::this_thread::get_id());
}

TEST_CASE("what work throws is thrown at its caller", "[storage][worker_pool]")
{
    worker_pool pool{1, 8};
    auto work = []() -> int { throw std::runtime_error{"no luck"}; };

    CHECK_THROWS_WITH(test::run_task(pool.run(work)), "no luck");
}

TEST_CASE("a full pool refuses at once, and a stopped one leaves nobody waiting", "[storage][worker_pool]")
{
    worker_pool pool{1, 1};
    asio::io_context context{1};
    thread_gate held;
    result<int> running = 0;
    result<int> queued = 0;
    result<int> refused = 0;
    result<int> late = 0;

    asio::co_spawn(context, hold_a_thread(pool, held, running), asio::detached);
    context.poll();
    held.begun.get_future().wait();
    asio::co_spawn(context, run_quickly(pool, queued), asio::detached);
    asio::co_spawn(context, run_quickly(pool, refused), asio::detached);
    context.poll();

    CHECK(refused.error() == storage_errc::overloaded);
    CHECK(pool.waiting() == 1);

    std::thread stopper{[&pool] { pool.stop(); }};
    held.open.set_value();
    stopper.join();
    asio::co_spawn(context, run_quickly(pool, late), asio::detached);
    context.run_for(test::patience);

    CHECK(running.value() == 1);
    // Whether the thread took it before it saw the stop is a race; what matters is that it was answered.
    const bool answered =
        queued.has_error() ? queued.error() == storage_errc::unavailable : queued.value() == 2;
    CHECK(answered);
    CHECK(late.error() == storage_errc::unavailable);
}
