// What the caches in front of Redis have done, summed over all shards since the start; for metrics.
#pragma once

#include <cstdint>

namespace latchkey {

struct cache_figures {
    std::uint64_t hits = 0;          // lookups answered without asking Redis; also those of absent keys
    std::uint64_t misses = 0;        // lookups that had to ask
    std::uint64_t invalidations = 0; // changes that Redis told of, one for each Redis key
    std::uint64_t lease_losses = 0;  // a lease ran out, or was lost with its connection
    std::uint64_t entries = 0;       // kept now, of absent keys too; some may not be good any more
    std::uint64_t bytes = 0;         // what they take
};

} // namespace latchkey
