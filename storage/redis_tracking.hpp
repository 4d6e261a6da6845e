// Whoever keeps what was read from Redis, as the connections to Redis see him: he is told which Redis keys
// have changed. Called on the thread of the io_context that the connections belong to; kept alive by them.
#pragma once

#include "storage/error.hpp"
#include "storage/redis_lease.hpp"
#include "storage/redis_reply.hpp"

#include <chrono>
#include <memory>
#include <string_view>

namespace latchkey {

class redis_tracker {
public:
    virtual ~redis_tracker() = default;

    // What was read from this key is not so any more.
    virtual void forget(std::string_view redis_key) noexcept = 0;

    // Nor is anything else that was read: FLUSHALL; or the slots of a Cluster lie elsewhere now.
    virtual void forget_all() noexcept = 0;

    // A lease ran out or was lost: for the figures only, the lease itself knows.
    virtual void note_lease_end() noexcept = 0;
};

// What a client is given that is to have its reads tracked.
struct redis_tracking {
    std::shared_ptr<redis_tracker> tracker{}; // null: nothing is tracked, and no reply has a lease
    std::chrono::milliseconds lease{0};       // its length
};

// A reply, and what vouches for it: the lease of the very connection that it was read over. Null: nothing.
struct tracked_reply {
    result<redis_reply> reply;
    std::shared_ptr<const redis_lease> lease{};
};

} // namespace latchkey
