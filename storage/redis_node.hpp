// One server that holds data, as the clients of every topology use it: a link for reads that are tracked,
// another one for all else, and where writes wait for replicas, a third for those, so that nothing else ever
// stands behind a WAIT. Redis tracks all that is read on a tracked link, inside of scripts too; what a create
// looks at and then writes would come back as news three times. Belongs to one io_context and is used on its
// thread only.
#pragma once

#include "storage/redis_link.hpp"
#include "storage/redis_script.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

// When a write counts as done. No replicas: when the server has executed it.
struct redis_replication {
    unsigned replicas = 0;
    std::chrono::milliseconds patience{500}; // has to leave the deadline of a command some room
};

class redis_node {
public:
    redis_node(redis_endpoint endpoint, const redis_link_factory& make_link, redis_replication replication);
    redis_node(const redis_node&) = delete;
    redis_node& operator=(const redis_node&) = delete;
    ~redis_node();

    // As redis_link::run. What is no read is followed, in the same write, by the wait for the replicas; the
    // reply is the error NOREPLICAS where too few of them have it in time, though the server has executed it.
    // `is_asking`: with ASKING before it, for a slot that is on its way to this server.
    static task<result<redis_reply>>
    run(std::shared_ptr<redis_node> self, redis_command command, redis_effect effect, bool is_asking = false);

    // As `run`, for several that may each be executed twice, at least one: the reply is an array with the
    // reply to each, or the error.
    static task<result<redis_reply>> run_all(std::shared_ptr<redis_node> self,
                                             std::vector<redis_command> commands);

    // As redis_link::run_tracked.
    static task<tracked_reply> run_tracked(const std::shared_ptr<redis_node>& self, redis_command command);

    // As `run`, for a script: by name, and with its text where the server does not know it.
    static task<result<redis_reply>>
    run_script(std::shared_ptr<redis_node> self, redis_call call, redis_effect effect);

    // The same question to each, one after the other, in their order. unavailable where there are none; as
    // soon as one of them fails, its error.
    static task<result<std::vector<redis_answer>>> ask_each(std::vector<std::shared_ptr<redis_node>> nodes,
                                                            redis_command question);

    // Connects, as every command does.
    void start();
    void close();

    bool is_connected() const noexcept { return plain_->is_connected() && tracked_->is_connected(); }

    // A command would be refused at once.
    bool is_away() const noexcept { return plain_->is_away() || tracked_->is_away(); }

    // They are not, any more, the connections over which the server was first reached.
    bool has_been_lost() const noexcept
    {
        return is_away() || plain_->connections() > 1 || tracked_->connections() > 1;
    }

    std::string problem() const;
    const redis_address& address() const noexcept { return plain_->address(); }

private:
    static task<result<redis_reply>> run_among(std::shared_ptr<redis_node> self,
                                               std::vector<redis_command> commands,
                                               bool waits,
                                               bool is_asking);
    static task<result<redis_reply>>
    run_alone(std::shared_ptr<redis_node> self, redis_command command, bool waits, bool is_asking);

    bool waits(redis_effect effect) const noexcept
    {
        return effect != redis_effect::read && replication_.replicas > 0;
    }

    std::shared_ptr<redis_link> plain_;
    std::shared_ptr<redis_link> tracked_;
    std::shared_ptr<redis_link> waiting_; // the plain one where nothing waits
    redis_replication replication_;
};

} // namespace latchkey
