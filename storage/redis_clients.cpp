#include "storage/redis_clients.hpp"

#include "storage/redis_cluster.hpp"
#include "storage/redis_sentinel.hpp"
#include "storage/redis_standalone.hpp"

#include <utility>

namespace latchkey {
namespace {

std::vector<redis_endpoint> endpoints_of(const redis_topology& topology, const redis_login& login)
{
    std::vector<redis_endpoint> all;
    for (const redis_address& each : topology.servers)
        all.push_back({.address = each, .login = login});
    return all;
}

std::unique_ptr<redis_client> make_client(executor where,
                                          const redis_topology& topology,
                                          const redis_client_options& options,
                                          const redis_tracking& tracking)
{
    redis_link_factory links = redis_links_on(where, options.tls, options.limits, tracking);
    switch (topology.what) {
    case redis_topology::kind::sentinel:
        return std::make_unique<redis_sentinel>(
            where,
            redis_sentinel_options{.sentinels = endpoints_of(topology, topology.sentinel_login),
                                   .service = topology.service,
                                   .login = topology.login,
                                   .via = topology.via,
                                   .replication = options.replication},
            std::move(links),
            redis_links_on(where, options.tls, options.limits));
    case redis_topology::kind::cluster:
        return std::make_unique<redis_cluster>(
            where,
            redis_cluster_options{.seeds = endpoints_of(topology, topology.login),
                                  .login = topology.login,
                                  .replication = options.replication,
                                  .command_deadline = options.limits.command_deadline,
                                  .tracker = tracking.tracker},
            std::move(links));
    case redis_topology::kind::standalone: break;
    }
    return std::make_unique<redis_standalone>(topology.endpoint(), links, options.replication);
}

} // namespace

redis_client_factory redis_clients_of(redis_topology topology, redis_client_options options)
{
    return [topology = std::move(topology), options = std::move(options)](executor where,
                                                                          const redis_tracking& tracking) {
        return make_client(where, topology, options, tracking);
    };
}

} // namespace latchkey
