#include "server/address_block.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey {

namespace {

constexpr unsigned mapped_bits = 96; // ::ffff:0:0/96 holds IPv4 (RFC 4291, 2.5.5.2)
constexpr std::array<unsigned char, 12> mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class Bytes>
Bytes masked(Bytes address, unsigned prefix) noexcept
{
    for (unsigned i = 0; i < address.size(); ++i) {
        const unsigned kept = std::clamp(static_cast<int>(prefix) - static_cast<int>(i * 8), 0, 8);
        address[i] = static_cast<unsigned char>(address[i] & (0xff00u >> kept));
    }
    return address;
}

} // namespace

address_block::bytes address_block::bytes_of(const boost::asio::ip::address& address) noexcept
{
    if (address.is_v6()) return address.to_v6().to_bytes();
    bytes mapped{};
    const auto four = address.to_v4().to_bytes();
    std::ranges::copy(mapped_prefix, mapped.begin());
    std::ranges::copy(four, mapped.begin() + mapped_prefix.size());
    return mapped;
}

std::optional<address_block> address_block::parse(std::string_view text)
{
    const auto slash = text.find('/');
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(text.substr(0, slash), ec);
    if (ec || (address.is_v6() && address.to_v6().scope_id() != 0)) return {};

    const unsigned offset = address.is_v4() ? mapped_bits : 0;
    unsigned prefix = 128 - offset;
    if (slash != text.npos) {
        const auto digits = text.substr(slash + 1);
        unsigned given = 0;
        const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
        if (failure != std::errc{} || end != digits.data() + digits.size() || given > prefix) return {};
        prefix = given;
    }

    address_block block;
    block.network_ = bytes_of(address);
    block.prefix_ = prefix + offset;
    if (masked(block.network_, block.prefix_) != block.network_) return {};
    return block;
}

bool address_block::contains(const boost::asio::ip::address& address) const noexcept
{
    return masked(bytes_of(address), prefix_) == network_;
}

std::string address_block::text() const
{
    const bool is_four =
        prefix_ >= mapped_bits && std::equal(mapped_prefix.begin(), mapped_prefix.end(), network_.begin());
    if (!is_four) return boost::asio::ip::address_v6{network_}.to_string() + "/" + std::to_string(prefix_);
    boost::asio::ip::address_v4::bytes_type four{};
    std::copy(network_.begin() + mapped_prefix.size(), network_.end(), four.begin());
    return boost::asio::ip::address_v4{four}.to_string() + "/" + std::to_string(prefix_ - mapped_bits);
}

} // namespace latchkey
