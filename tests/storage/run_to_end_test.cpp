#include "storage/resumption.hpp"
#include "storage/run_to_end.hpp"
#include "tests/support/catch.hpp"

#include <thread>

using namespace latchkey;

namespace {

// Waits for a thread that stops the context first, as the last work of an earlier call may do late.
task<int> wait_for_a_thread_that_stops(asio::io_context& context, std::thread& waking)
{
    co_return co_await suspend_until_resumed<int>([&](std::unique_ptr<resumption<int>> caller) {
        waking = std::thread{[&context, caller = std::move(caller)] {
            context.stop();
            std::this_thread::sleep_for(std::chrono::milliseconds{20});
            caller->resume(7);
        }};
    });
}

} // namespace

TEST_CASE("work runs to its end though its context is stopped meanwhile", "[run_to_end]")
{
    asio::io_context context{1};
    std::thread waking;
    const int value = run_to_end(context, wait_for_a_thread_that_stops(context, waking));
    waking.join();

    CHECK(value == 7);
}
