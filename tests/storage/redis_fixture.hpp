// A client of one Redis server on an io_context of the test's own, and what tests ask of it.
#pragma once

#include "storage/redis_standalone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"

#include <boost/asio/redirect_error.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

struct redis_fixture {
    explicit redis_fixture(redis_endpoint endpoint,
                           redis_limits limits = {},
                           std::shared_ptr<const redis_tls> tls = nullptr)
        : client{std::make_unique<redis_standalone>(
              context.get_executor(), std::move(endpoint), std::move(tls), limits)}
    {}

    result<redis_reply> run(redis_command command)
    {
        return run_task_on(context, client->run(std::move(command), redis_effect::once));
    }

    result<redis_reply> run_script(redis_call call)
    {
        return run_task_on(context, client->run_script(std::move(call), redis_effect::once));
    }

    // Asks until the server answers and every link is there; false: it does not within the time a task has.
    bool comes_back() { return run_task_on(context, ask_until_answered(*client)); }

    static task<bool> ask_until_answered(redis_client& client)
    {
        const executor where = co_await asio::this_coro::executor;
        redis_timer pause{where};
        const auto end = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < end) {
            auto asking = client.run(redis_command{"PING"}, redis_effect::read);
            const auto reply = co_await std::move(asking);
            if (reply && client.is_connected()) co_return reply->is_status("PONG");
            pause.expires_after(std::chrono::milliseconds{2});
            co_await pause.async_wait(use_task);
        }
        co_return false;
    }

    asio::io_context context{1};
    std::unique_ptr<redis_standalone> client;
};

} // namespace latchkey::test
