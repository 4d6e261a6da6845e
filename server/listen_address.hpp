// Where the server can be reached: what --listen says and what a listening socket is bound to.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <string>
#include <variant>
#include <vector>

namespace latchkey {

// A socket file, for clients on the same machine.
struct unix_path {
    std::string path;
};

using listen_address = std::variant<boost::asio::ip::tcp::endpoint, unix_path>;

// "127.0.0.1:7080", "[::1]:7080", "unix:/run/latchkey.sock"
std::string to_string(const listen_address& address);

enum class url_scheme { http, https };

// The first address as a URL for clients on this machine, "http://127.0.0.1:7080"; one that stands for all
// interfaces becomes the loopback's. Empty if all are socket files.
std::string local_url(const std::vector<listen_address>& addresses, url_scheme scheme);

} // namespace latchkey
