// Where a Redis server is and how to log in there, as --store says it. Values; parsing knows no network.
//
//     redis://[[user]:password@]host[:port][/database]      rediss://... the same over TLS
//     unix:/path/to/socket[?db=database] redis+unix://[[user]:password@]/path[?db=database]
//
// What a URL cannot hold as it is (user, password and path) is percent-encoded (RFC 3986 section 2.1).
#pragma once

#include "storage/open_error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

struct redis_address {
    enum class transport : std::uint8_t { tcp, tls, local };

    transport via = transport::tcp;
    std::string host; // a name or an address, IPv6 without brackets; local: empty
    std::uint16_t port = 6379;
    std::string path; // of the socket file; local only

    bool operator==(const redis_address&) const = default;
};

// "redis://127.0.0.1:6379", "rediss://[::1]:6380", "unix:/run/redis.sock"; for people, and without
// credentials.
std::string to_string(const redis_address& address);

// Never printed, logged or put into an error text.
struct redis_login {
    std::string user;     // empty: the server's default user
    std::string password; // empty: no AUTH
    unsigned database = 0;
};

struct redis_endpoint {
    redis_address address;
    redis_login login;
};

// The message of a refusal is one line and quotes nothing that could be a part of a password.
open_result<redis_endpoint> parse_redis_endpoint(std::string_view url);

// One "host[:port]", "[address][:port]" of such a URL. For lists of servers as well.
open_result<redis_address> parse_redis_host(std::string_view text, redis_address::transport via);

// "user:password" or ":password", percent-encoded, as it stands before the '@'.
open_result<redis_login> parse_redis_login(std::string_view text);

} // namespace latchkey
