// The keys that one turn of an io_context looks up in Redis, and the coroutines that wait for them. They are
// read together, by one command for many: that costs server and Redis a tenth less for each than a command of
// its own (./dev bench verify --store redis). In a Cluster those of one tag are, whose slot is the same. Used
// on the context's thread only.
#pragma once

#include "storage/redis_shard.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace latchkey {

// What a verification needs to know of a key.
struct key_reading {
    result<key_with_owner> found{storage_errc::unavailable}; // not_found: or its owner is gone
    lease_pointer lease{};                                   // of what was read for it; null: nothing vouches
    bool is_living = false;                                  // not_found in spite of it: the owner is gone
};

// The reply to an MGET of `count` keys, with a text or nil for each; unavailable where it is none.
result<redis_reply> values_in(redis_shard& here, result<redis_reply> answer, std::size_t count);

class redis_lookup_batch {
public:
    // Reads the key, as a key that lives at `now`, and its owner's standing; `into` has them when it
    // completes, and must be there until then. Asks when it is awaited.
    static task<void>
    join(std::shared_ptr<redis_shard> here, const key_id& id, time_point now, key_reading& into);

private:
    using waiter = asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type;

    struct question {
        key_id id;
        time_point now;
        key_reading* into;
    };
    struct lookup {
        question asked;
        waiter who; // goes on with the answer
    };
    using lookups = std::vector<lookup>;

    class joining;
    struct reading_plan;

    static std::shared_ptr<redis_lookup_batch> open_on(const std::shared_ptr<redis_shard>& here);
    static void send(const std::shared_ptr<redis_shard>& here, lookups all);
    static std::vector<lookups> one_for_each_command(lookups all, bool is_one_server);
    static task<void> read(std::shared_ptr<redis_shard> here, lookups some);

    lookups lookups_;
};

} // namespace latchkey
