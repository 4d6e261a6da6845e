#include "storage/redis_standalone.hpp"

#include <utility>

namespace latchkey {
redis_standalone::redis_standalone(executor where,
                                   redis_endpoint endpoint,
                                   std::shared_ptr<const redis_tls> tls,
                                   redis_limits limits,
                                   redis_tracking tracking)
    : redis_standalone{std::move(endpoint),
                       redis_links_on(where, std::move(tls), limits, std::move(tracking)),
                       redis_replication{}}
{}

redis_standalone::redis_standalone(redis_endpoint endpoint,
                                   const redis_link_factory& make_link,
                                   redis_replication replication)
    : node_{std::make_shared<redis_node>(std::move(endpoint), make_link, replication)}
{}

redis_standalone::~redis_standalone()
{
    node_->close();
}

task<result<redis_reply>> redis_standalone::run(redis_command command, redis_effect effect)
{
    return redis_node::run(node_, std::move(command), effect);
}

task<result<redis_reply>> redis_standalone::run_all(std::vector<redis_command> commands)
{
    return redis_node::run_all(node_, std::move(commands));
}

task<tracked_reply> redis_standalone::run_tracked(redis_command command)
{
    return redis_node::run_tracked(node_, std::move(command));
}

task<result<redis_reply>> redis_standalone::run_script(redis_call call, redis_effect effect)
{
    return redis_node::run_script(node_, std::move(call), effect);
}

task<result<std::vector<redis_answer>>> redis_standalone::run_on_every_server(redis_command command)
{
    return redis_node::ask_each({node_}, std::move(command));
}

bool redis_standalone::is_connected() const
{
    return node_->is_connected();
}

std::string redis_standalone::problem() const
{
    return node_->problem();
}

} // namespace latchkey
