#include "storage/redis_slots.hpp"

#include <algorithm>
#include <charconv>

namespace latchkey {
namespace {

// CRC16/XMODEM: polynomial 0x1021, from zero, not reflected.
constexpr std::array<std::uint16_t, 256> crc_table = [] {
    std::array<std::uint16_t, 256> table{};
    for (unsigned byte = 0; byte < table.size(); ++byte) {
        unsigned crc = byte << 8;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc & 0x8000) != 0 ? crc << 1 ^ 0x1021 : crc << 1;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}();

std::string_view hashed_part(std::string_view key) noexcept
{
    const std::size_t open = key.find('{');
    if (open == key.npos) return key;
    const std::size_t close = key.find('}', open + 1);
    if (close == key.npos || close == open + 1) return key;
    return key.substr(open + 1, close - open - 1);
}

template <class Number>
bool take_number(std::string_view text, Number& into) noexcept
{
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc{} && end == text.data() + text.size();
}

// A node that does not know what clients call it says nothing, or "?": then it is where it was asked.
redis_address address_of(std::string_view host, std::uint16_t port, const redis_address& asked)
{
    redis_address address = asked;
    if (!host.empty() && host != "?") address.host = host;
    address.port = port;
    return address;
}

} // namespace

std::uint16_t redis_slot_of(std::string_view key) noexcept
{
    unsigned crc = 0;
    for (const char each : hashed_part(key))
        crc = (crc << 8 ^ crc_table[(crc >> 8 ^ static_cast<unsigned char>(each)) & 0xff]) & 0xffff;
    return static_cast<std::uint16_t>(crc % redis_slot_count);
}

std::optional<redis_slot_map> redis_slot_map::parse(const redis_reply& reply, const redis_address& asked)
{
    if (!reply.is_array()) return std::nullopt;
    redis_slot_map map;
    for (const redis_reply& range : reply.items) {
        // First slot, last slot, the primary, its replicas.
        if (!range.is_array() || range.items.size() < 3) return std::nullopt;
        const redis_reply& first = range.items[0];
        const redis_reply& last = range.items[1];
        const redis_reply& primary = range.items[2];
        if (!first.is_integer() || !last.is_integer() || !primary.is_array() || primary.items.size() < 2)
            return std::nullopt;
        constexpr auto end = static_cast<std::int64_t>(redis_slot_count);
        const std::int64_t port = primary.items[1].integer;
        const bool is_sane = first.integer >= 0 && last.integer >= first.integer && last.integer < end &&
                             port > 0 && port <= 65'535;
        if (!is_sane) return std::nullopt;
        const auto address = address_of(primary.items[0].text, static_cast<std::uint16_t>(port), asked);
        std::fill(map.holders_.begin() + first.integer,
                  map.holders_.begin() + last.integer + 1,
                  map.index_of(address));
    }
    if (map.primaries_.empty()) return std::nullopt;
    return map;
}

const redis_address* redis_slot_map::holder_of(std::uint16_t slot) const noexcept
{
    const std::uint16_t index = holders_[slot];
    return index == nobody ? nullptr : &primaries_[index];
}

void redis_slot_map::move(std::uint16_t slot, const redis_address& to)
{
    holders_[slot] = index_of(to);
}

bool redis_slot_map::is_complete() const noexcept
{
    return std::ranges::find(holders_, nobody) == holders_.end();
}

bool redis_slot_map::has_lost_to(const redis_slot_map& other, const redis_address& from) const noexcept
{
    const auto mine = std::ranges::find(primaries_, from);
    if (mine == primaries_.end()) return false;
    const auto index = static_cast<std::uint16_t>(mine - primaries_.begin());
    for (std::size_t slot = 0; slot < redis_slot_count; ++slot) {
        if (holders_[slot] != index) continue;
        const redis_address* const then = other.holder_of(static_cast<std::uint16_t>(slot));
        if (then == nullptr || *then != from) return true;
    }
    return false;
}

std::uint16_t redis_slot_map::index_of(const redis_address& primary)
{
    const auto known = std::ranges::find(primaries_, primary);
    const auto index = static_cast<std::uint16_t>(known - primaries_.begin());
    if (known == primaries_.end()) primaries_.push_back(primary);
    return index;
}

std::optional<redis_redirection> redirection_in(const redis_reply& reply, const redis_address& asked)
{
    const bool is_lasting = reply.is_error("MOVED");
    if (!is_lasting && !reply.is_error("ASK")) return std::nullopt;
    std::string_view text = reply.text;
    text.remove_prefix(std::min(text.size(), text.find(' ') + 1));
    const std::size_t gap = text.find(' ');
    const std::size_t colon = text.rfind(':'); // an IPv6 address has more of them, and no brackets
    if (gap == text.npos || colon == text.npos || colon < gap) return std::nullopt;
    std::uint16_t slot = 0;
    std::uint16_t port = 0;
    if (!take_number(text.substr(0, gap), slot) || slot >= redis_slot_count) return std::nullopt;
    if (!take_number(text.substr(colon + 1), port) || port == 0) return std::nullopt;
    const std::string_view host = text.substr(gap + 1, colon - gap - 1);
    return redis_redirection{.is_lasting = is_lasting, .slot = slot, .to = address_of(host, port, asked)};
}

} // namespace latchkey
