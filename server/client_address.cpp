#include "server/client_address.hpp"

#include "server/number_text.hpp"
#include "server/trim.hpp"

#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {
namespace {

using boost::asio::ip::address;

address without_mapping(const address& from)
{
    if (!from.is_v6() || !from.to_v6().is_v4_mapped()) return from;
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, from.to_v6());
}

// `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`: some proxies add the port.
std::optional<address> parse_entry(std::string_view text)
{
    if (text.starts_with('[')) {
        text = text.substr(1, text.find(']') - 1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    boost::system::error_code ec;
    const address parsed = boost::asio::ip::make_address(text, ec);
    if (ec) return std::nullopt;
    return without_mapping(parsed);
}

bool is_trusted(const address& hop, std::span<const address_block> trusted) noexcept
{
    return std::any_of(
        trusted.begin(), trusted.end(), [&](const address_block& block) { return block.contains(hop); });
}

} // namespace

bool is_from_trusted_proxy(const request& asked, std::span<const address_block> trusted) noexcept
{
    return !trusted.empty() && (asked.peer_is_local_socket || is_trusted(asked.peer, trusted));
}

address client_address(const request& asked, std::span<const address_block> trusted)
{
    address peer = without_mapping(asked.peer);
    if (asked.forwarded_for.empty() || !is_from_trusted_proxy(asked, trusted)) return peer;

    address nearest = peer;
    std::string_view rest = asked.forwarded_for;
    for (;;) {
        const std::size_t comma = rest.rfind(',');
        const std::size_t begin = comma == std::string_view::npos ? 0 : comma + 1;
        const std::optional<address> hop = parse_entry(trim(rest.substr(begin)));
        if (!hop) return peer;
        nearest = *hop;
        if (begin == 0 || !is_trusted(nearest, trusted)) return nearest;
        rest = rest.substr(0, comma);
    }
}

std::string address_text(const address& one)
{
    if (!one.is_v4()) return one.to_string();
    std::string text; // not by inet_ntop, in which glibc calls sprintf (./dev bench create)
    for (const unsigned char part : one.to_v4().to_bytes()) {
        if (!text.empty()) text += '.';
        append_number(text, unsigned{part});
    }
    return text;
}

} // namespace latchkey
