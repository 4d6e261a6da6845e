// Descriptors the server listens on or was handed, owned from the first moment, so that no error path
// leaks one. Opening happens on the main thread, before the shards start.
#pragma once

#include "server/listen_address.hpp"
#include "storage/error.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <utility>
#include <variant>

namespace latchkey {

class unique_descriptor {
public:
    unique_descriptor() = default;
    explicit unique_descriptor(int number) noexcept : number_(number) {}
    unique_descriptor(unique_descriptor&& other) noexcept : number_(other.release()) {}
    unique_descriptor& operator=(unique_descriptor&& other) noexcept;
    ~unique_descriptor();

    int number() const noexcept { return number_; }
    bool is_open() const noexcept { return number_ >= 0; }
    int release() noexcept { return std::exchange(number_, -1); }

private:
    int number_ = -1;
};

// Bound and listening, with SO_REUSEPORT so that each shard can have its own on the same port, and
// TCP_NODELAY, which accepted sockets inherit. An IPv6 socket takes IPv6 only. Errors: the system's.
result<unique_descriptor> listen_tcp(const boost::asio::ip::tcp::endpoint& at, int backlog);

// Whether `at` can be had at all. SO_REUSEPORT would let a second server of the same user share the port
// in silence and take half of the connections; so ask first, without it.
error_code find_rival(const boost::asio::ip::tcp::endpoint& at);

// Where a TCP socket is bound; tells the port after asking for port 0.
result<boost::asio::ip::tcp::endpoint> bound_endpoint(const unique_descriptor& socket);

// Bound with mode 0660 and listening. A socket file that nobody answers on any more is replaced; one that
// is in use is address_in_use, and so is a file that is not a socket. Errors: the system's.
result<unique_descriptor> listen_unix(const unix_path& at, int backlog);

} // namespace latchkey
