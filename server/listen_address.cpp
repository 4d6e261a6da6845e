#include "server/listen_address.hpp"

namespace latchkey {

std::string to_string(const listen_address& address)
{
    if (const auto* local = std::get_if<unix_path>(&address)) return "unix:" + local->path;
    const auto& endpoint = std::get<boost::asio::ip::tcp::endpoint>(address);
    const auto host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

} // namespace latchkey
