// redis_client over a Redis Cluster: each command goes to the primary of its key's slot, and where that says
// it should have gone. One that may be executed twice is sent again when its connection broke, because the
// slot may have got another primary; never for longer than the deadline of a command. Commands for a slot
// whose primary is known to be away fail at once.
#pragma once

#include "storage/redis_client.hpp"
#include "storage/redis_cluster_nodes.hpp"

#include <cstdint>
#include <memory>

namespace latchkey {

// What became of the commands of one client so far.
struct redis_redirections {
    std::uint64_t moved = 0;
    std::uint64_t asked = 0;
    std::uint64_t tried_again = 0; // or waited for a primary
};

class redis_cluster final : public redis_client {
public:
    // Connects at the first command.
    redis_cluster(executor where, redis_cluster_options options, redis_link_factory make_link);
    ~redis_cluster() override;

    task<result<redis_reply>> run(redis_command command, redis_effect effect) override;
    task<result<redis_reply>> run_all(std::vector<redis_command> commands) override;
    task<tracked_reply> run_tracked(redis_command command) override;
    task<result<redis_reply>> run_script(redis_call call, redis_effect effect) override;
    task<result<std::vector<redis_answer>>> run_on_every_server(redis_command command) override;

    bool keeps_order() const noexcept override { return false; }

    // Whether every slot has a primary that is connected.
    bool is_connected() const override;
    std::string problem() const override;

    const redis_redirections& redirections() const noexcept { return *redirections_; }

private:
    std::shared_ptr<redis_cluster_nodes> nodes_;
    std::shared_ptr<redis_redirections> redirections_ = std::make_shared<redis_redirections>();
};

} // namespace latchkey
