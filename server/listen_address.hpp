// Where the server can be reached: what --listen says and what a listening socket is bound to.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <variant>

namespace latchkey {

// A socket file, for clients on the same machine.
struct unix_path {
    std::string path;
};

using listen_address = std::variant<boost::asio::ip::tcp::endpoint, unix_path>;

// "127.0.0.1:7080", "[::1]:7080", "unix:/run/latchkey.sock"
std::string to_string(const listen_address& address);

} // namespace latchkey
