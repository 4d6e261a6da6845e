#include "server/listen_address.hpp"

namespace latchkey {

std::string to_string(const listen_address& address)
{
    if (const auto* local = std::get_if<unix_path>(&address)) return "unix:" + local->path;
    const auto& endpoint = std::get<boost::asio::ip::tcp::endpoint>(address);
    const auto host = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

std::string local_url(const std::vector<listen_address>& addresses, url_scheme scheme)
{
    using boost::asio::ip::address_v4;
    using boost::asio::ip::address_v6;
    for (const listen_address& one : addresses) {
        const auto* bound = std::get_if<boost::asio::ip::tcp::endpoint>(&one);
        if (bound == nullptr) continue;
        auto reached = *bound;
        if (reached.address() == address_v4::any()) reached.address(address_v4::loopback());
        if (reached.address() == address_v6::any()) reached.address(address_v6::loopback());
        return (scheme == url_scheme::https ? "https://" : "http://") + to_string(listen_address{reached});
    }
    return {};
}

} // namespace latchkey
