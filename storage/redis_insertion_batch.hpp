// The keys that one turn of an io_context makes in Redis. Those that one caller makes for one owner are made
// by one run of a script for many: server and Redis do a tenth less for each than with a run for each
// (./dev bench create --store redis). Used on the context's thread only.
#pragma once

#include "storage/redis_records.hpp"
#include "storage/redis_turn_batch.hpp"

#include <memory>
#include <optional>

namespace latchkey {

// As store::insert_key_by, where there is a creator, or store::insert_key; for ids that begin with the tag of
// the owner. What it points at must be there until it is answered.
struct redis_insertion {
    const kept_key* made;
    const std::optional<key_id>* creator;
    time_point now;
    error_code* into;

    static constexpr auto batch_of = &redis_shard::insertions;
    static void send(const std::shared_ptr<redis_shard>& here,
                     redis_turn_batch<redis_insertion>::questions all);
};

} // namespace latchkey
