// How the Redis of --store is built: one server, servers that Sentinels watch over, or a Cluster. Values;
// parsing knows no network.
//
//     redis://, rediss://, unix:, redis+unix://                   one server, see storage/redis_endpoint.hpp
//     redis+sentinel://[[user]:password@]host[:port][,host[:port]...]/service[/database][?sentinel=login][&sentinel-tls=no]
//     redis+cluster://[[user]:password@]host[:port][,host[:port]...]
//
// With rediss+ in place of redis+ all are reached over TLS, but Sentinels in clear where `sentinel-tls=no`
// says so. The user and the password are for the servers that hold the data. Sentinels are asked without any,
// unless `sentinel=` brings "user:password" or ":password" for them, percent-encoded like the other ('&' as
// %26).
#pragma once

#include "storage/redis_endpoint.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct redis_topology {
    enum class kind : std::uint8_t { standalone, sentinel, cluster };

    kind what = kind::standalone;
    std::vector<redis_address> servers{}; // the one; the Sentinels; nodes of the Cluster to begin with
    redis_login login{};                  // of the servers that hold the data
    redis_address::transport via{};       // to those
    std::string service{};                // Sentinel: what they call the primary and its replicas
    redis_login sentinel_login{};         // Sentinel

    // Standalone only.
    redis_endpoint endpoint() const { return {.address = servers.front(), .login = login}; }
};

// For people, and without credentials: "redis+sentinel://a:26379,b:26379/main".
std::string to_string(const redis_topology& topology);

// Whether a --store is meant for this, right or wrong.
bool is_redis_url(std::string_view text) noexcept;

// The message of a refusal is one line and quotes nothing that could be a part of a password.
open_result<redis_topology> parse_redis_topology(std::string_view url);

} // namespace latchkey
