// redis_client over the primary of servers that Sentinels watch over. Follows a failover by itself; while
// there is no primary, commands fail at once. Nothing is ever sent a second time: a command whose connection
// broke under it fails, whatever its effect.
#pragma once

#include "storage/redis_client.hpp"
#include "storage/redis_primary_watch.hpp"

#include <memory>

namespace latchkey {

class redis_sentinel final : public redis_client {
public:
    // Connects at the first command.
    redis_sentinel(executor where,
                   redis_sentinel_options options,
                   redis_link_factory make_link,
                   redis_link_factory make_sentinel_link);
    ~redis_sentinel() override;

    task<result<redis_reply>> run(redis_command command, redis_effect effect) override;
    task<result<redis_reply>> run_all(std::vector<redis_command> commands) override;
    task<tracked_reply> run_tracked(redis_command command) override;
    task<result<redis_reply>> run_script(redis_call call, redis_effect effect) override;
    task<result<std::vector<redis_answer>>> run_on_every_server(redis_command command) override;
    bool keeps_order() const noexcept override { return true; }
    bool is_connected() const override;
    std::string problem() const override;

private:
    std::shared_ptr<redis_primary_watch> watch_;
};

} // namespace latchkey
