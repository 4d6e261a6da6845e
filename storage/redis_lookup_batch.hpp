// The keys that one turn of an io_context looks up in Redis. They are read together, by one command for many:
// that costs server and Redis a tenth less for each than a command of its own (./dev bench verify --store
// redis). In a Cluster those of one tag are, whose slot is the same. Used on the context's thread only.
#pragma once

#include "storage/redis_turn_batch.hpp"
#include "storage/store.hpp"

#include <cstddef>
#include <memory>

namespace latchkey {

// What a verification needs to know of a key.
struct key_reading {
    result<key_with_owner> found{storage_errc::unavailable}; // not_found: or its owner is gone
    lease_pointer lease{};                                   // of what was read for it; null: nothing vouches
    bool is_living = false;                                  // not_found in spite of it: the owner is gone
};

// The reply to an MGET of `count` keys, with a text or nil for each; unavailable where it is none.
result<redis_reply> values_in(redis_shard& here, result<redis_reply> answer, std::size_t count);

// A key, as one that lives at `now`, and its owner's standing. What it points at must be there until it is
// answered.
struct redis_lookup {
    key_id id;
    time_point now;
    key_reading* into;

    static constexpr auto batch_of = &redis_shard::lookups;
    static void send(const std::shared_ptr<redis_shard>& here, redis_turn_batch<redis_lookup>::questions all);
};

} // namespace latchkey
