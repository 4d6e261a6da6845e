// Completes what a change of a user left half done. His record and his standing lie in different slots and
// are written one after the other, so a server that is killed in between, or that loses Redis for longer than
// it tries again, leaves them apart: nothing is given that was not meant to be, but he is shown as one thing
// and treated as another. A change puts the user's id into a set before it begins and takes it out when it is
// done; whoever is left there is settled by the periodic work of any server, by completing the change. One
// for each store; every function may be called from every thread.
#pragma once

#include "storage/redis_access.hpp"

#include <atomic>
#include <memory>

namespace latchkey {

class redis_settling final : public redis_chore, public std::enable_shared_from_this<redis_settling> {
public:
    explicit redis_settling(std::shared_ptr<redis_access> access) : access_{std::move(access)} {}

    // Before the first step of a change: unavailable when it could not be noted, then nothing may be done.
    static task<result<void>> begin(std::shared_ptr<redis_shard> here, uuid user);

    // After the last one. `is_done` false: the next turn of the periodic work looks after it.
    static task<void>
    end(std::shared_ptr<redis_settling> self, std::shared_ptr<redis_shard> here, uuid user, bool is_done);

    // Looks at the start, and whenever a change of this process was left half done.
    task<void> work(std::shared_ptr<redis_shard> here) override;

private:
    static task<bool>
    settle(std::shared_ptr<redis_settling> self, std::shared_ptr<redis_shard> here, uuid user);

    const std::shared_ptr<redis_access> access_;
    std::atomic<bool> is_wanted_{true};
};

} // namespace latchkey
