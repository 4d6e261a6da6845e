// A block of addresses in CIDR form, such as a proxy that may speak for its clients (--trusted-proxy).
// Value type; pure functions, any thread.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

class address_block {
public:
    // `10.0.0.0/8`, `2001:db8::/32`, or one address. Nothing for anything else, and where bits behind the
    // prefix are set: `10.1.2.3/8` is more often a slip than a wish.
    [[nodiscard]] static std::optional<address_block> parse(std::string_view text);

    // An IPv4 address and its IPv6-mapped form are the same address here, since a socket that listens on
    // both reports the mapped form.
    [[nodiscard]] bool contains(const boost::asio::ip::address& address) const noexcept;

    std::string text() const;

private:
    using bytes = std::array<unsigned char, 16>; // IPv4 as ::ffff:a.b.c.d

    static bytes bytes_of(const boost::asio::ip::address& address) noexcept;

    bytes network_{};
    unsigned prefix_ = 0; // bits, counted in the 128 of network_
};

} // namespace latchkey
