// From what --store says of Redis to the clients that reach it: the one place that knows which class is for
// which topology.
#pragma once

#include "storage/redis_node.hpp"
#include "storage/redis_shard.hpp"
#include "storage/redis_topology.hpp"

#include <memory>

namespace latchkey {

struct redis_client_options {
    std::shared_ptr<const redis_tls> tls{}; // where the topology wants it
    redis_replication replication{};
    redis_limits limits{};
};

redis_client_factory redis_clients_of(redis_topology topology, redis_client_options options = {});

} // namespace latchkey
