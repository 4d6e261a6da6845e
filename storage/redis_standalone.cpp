#include "storage/redis_standalone.hpp"

#include <utility>

namespace latchkey {

redis_standalone::redis_standalone(executor where,
                                   redis_endpoint endpoint,
                                   std::shared_ptr<const redis_tls> tls,
                                   redis_limits limits,
                                   redis_tracking tracking)
    : link_{std::make_shared<redis_link>(
          where, std::move(endpoint), std::move(tls), limits, std::move(tracking))}
{}

redis_standalone::~redis_standalone()
{
    link_->close();
}

task<result<redis_reply>> redis_standalone::run(redis_command command, redis_effect)
{
    return link_->run(std::move(command));
}

task<tracked_reply> redis_standalone::run_tracked(redis_command command)
{
    return link_->run_tracked(std::move(command));
}

task<result<redis_reply>> redis_standalone::run_script(const redis_script& script,
                                                       std::vector<std::string> keys,
                                                       std::vector<std::string> arguments,
                                                       redis_effect)
{
    const auto link = link_; // the client may go while its coroutines still wait
    auto by_name = link->run(evalsha_command(script, keys, arguments));
    auto reply = co_await std::move(by_name);
    if (!reply || !reply->is_error("NOSCRIPT")) co_return reply;
    auto by_text = link->run(eval_command(script, keys, arguments));
    co_return co_await std::move(by_text);
}

bool redis_standalone::is_connected() const
{
    return link_->is_connected();
}

std::string redis_standalone::problem() const
{
    return link_->problem();
}

} // namespace latchkey
