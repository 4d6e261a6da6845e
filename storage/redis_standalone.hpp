// redis_client over one Redis server. Nothing is ever sent a second time: a command whose connection broke
// under it fails, whatever its effect, and the next one finds the server again or is refused at once.
#pragma once

#include "storage/redis_client.hpp"
#include "storage/redis_node.hpp"

#include <memory>

namespace latchkey {

class redis_standalone final : public redis_client {
public:
    // Connects at the first command. `tls`: for a rediss:// endpoint, else nothing.
    redis_standalone(executor where,
                     redis_endpoint endpoint,
                     std::shared_ptr<const redis_tls> tls = nullptr,
                     redis_limits limits = {},
                     redis_tracking tracking = {});
    redis_standalone(redis_endpoint endpoint,
                     const redis_link_factory& make_link,
                     redis_replication replication);
    ~redis_standalone() override;

    task<result<redis_reply>> run(redis_command command, redis_effect effect) override;
    task<result<redis_reply>> run_all(std::vector<redis_command> commands) override;
    task<tracked_reply> run_tracked(redis_command command) override;
    task<result<redis_reply>> run_script(redis_call call, redis_effect effect) override;
    task<result<std::vector<redis_answer>>> run_on_every_server(redis_command command) override;
    bool keeps_order() const noexcept override { return true; }
    bool is_connected() const override;
    std::string problem() const override;

private:
    std::shared_ptr<redis_node> node_;
};

} // namespace latchkey
