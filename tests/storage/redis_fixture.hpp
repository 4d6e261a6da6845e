// A client of one Redis server on an io_context of the test's own.
#pragma once

#include "storage/redis_standalone.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

struct redis_fixture {
    explicit redis_fixture(redis_endpoint endpoint,
                           redis_limits limits = {},
                           std::shared_ptr<const redis_tls> tls = nullptr)
        : client{context.get_executor(), std::move(endpoint), std::move(tls), limits}
    {}

    result<redis_reply> run(redis_command command)
    {
        return run_task_on(context, client.run(std::move(command), redis_effect::once));
    }

    result<redis_reply>
    run_script(const redis_script& script, std::vector<std::string> keys, std::vector<std::string> arguments)
    {
        return run_task_on(
            context, client.run_script(script, std::move(keys), std::move(arguments), redis_effect::once));
    }

    asio::io_context context{1};
    redis_standalone client;
};

} // namespace latchkey::test
