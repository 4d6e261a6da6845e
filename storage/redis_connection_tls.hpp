// What TLS to Redis needs, loaded once at start and shared by all connections of all shards: whom to trust,
// and what to show of oneself. Immutable.
#pragma once

#include "storage/open_error.hpp"

#include <memory>
#include <string>

namespace latchkey {

struct redis_tls_files {
    std::string ca_file{};          // PEM; empty: the system's authorities
    std::string certificate_file{}; // PEM, with its chain; empty: none is shown
    std::string key_file{};         // PEM, of the certificate
    std::string server_name{};      // what the server's certificate must name; empty: the host connected to
};

class redis_tls;

// The error names the file that cannot be used.
open_result<std::shared_ptr<const redis_tls>> open_redis_tls(const redis_tls_files& files);

} // namespace latchkey
