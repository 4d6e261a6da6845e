// Who is at the other end, when proxies that the operator trusts stand between (--trusted-proxy). What the
// rate limit counts and the audit trail records. Pure function, any thread.
#pragma once

#include "server/address_block.hpp"
#include "server/request.hpp"

#include <boost/asio/ip/address.hpp>

#include <span>
#include <string>

namespace latchkey {

// Whether X-Forwarded-For of this request is to be believed at all. The peer of a unix socket is trusted as
// soon as any proxy is: the socket's file permissions say who it can be.
[[nodiscard]] bool is_from_trusted_proxy(const request& asked,
                                         std::span<const address_block> trusted) noexcept;

// The rightmost address that no trusted proxy vouches for: entries are walked from the right, where our own
// proxies wrote them, since the left is the client's to invent (security.md 22). The peer itself when it
// is not trusted, and when an entry on the way is no address. IPv4-mapped addresses come back as IPv4.
[[nodiscard]] boost::asio::ip::address client_address(const request& asked,
                                                      std::span<const address_block> trusted);

// As people write it.
[[nodiscard]] std::string address_text(const boost::asio::ip::address& address);

} // namespace latchkey
