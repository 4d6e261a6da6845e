// TLS to Redis, for redis_connection*.cpp only: the one header that brings OpenSSL in.
#pragma once

#include "storage/redis_connection_stream.hpp"
#include "storage/redis_connection_tls.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace latchkey {

using redis_tls_stream = asio::ssl::stream<redis_tcp_socket>;

class redis_tls {
public:
    redis_tls(asio::ssl::context context, std::string server_name)
        : context_{std::move(context)},
          server_name_{std::move(server_name)}
    {}

    // Not connected yet. `host`: what the certificate must name, unless a server name was set.
    std::shared_ptr<redis_stream<redis_tls_stream>> make_stream(executor where,
                                                                const std::string& host) const;

private:
    mutable asio::ssl::context context_; // OpenSSL locks it where connections of several threads share it
    std::string server_name_;
};

// Once the socket is connected. Returns what is wrong, in one line; empty: the server is who it should be.
task<std::string> shake_hands(std::shared_ptr<redis_stream<redis_tls_stream>> connection);

} // namespace latchkey
