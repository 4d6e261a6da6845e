// Which node of a Redis Cluster holds what: the slot of a key, the map from slots to primaries, and what a
// node says when it is asked for a slot that is elsewhere. Plain logic; one thread at a time.
#pragma once

#include "storage/redis_endpoint.hpp"
#include "storage/redis_reply.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace latchkey {

inline constexpr std::size_t redis_slot_count = 16'384;

// CRC16/XMODEM of the key modulo the number of slots; of what stands between the first '{' and the next '}'
// alone, if that is not empty (Redis Cluster specification, "Hash tags").
std::uint16_t redis_slot_of(std::string_view key) noexcept;

class redis_slot_map {
public:
    redis_slot_map() { holders_.fill(nobody); }

    // The reply to CLUSTER SLOTS. `asked` is who answered: a node that does not know its own name leaves it
    // out, and all speak the same transport. Nothing: this is no such reply, or names no primary at all.
    static std::optional<redis_slot_map> parse(const redis_reply& reply, const redis_address& asked);

    // Null: as far as is known, nobody.
    const redis_address* holder_of(std::uint16_t slot) const noexcept;

    void move(std::uint16_t slot, const redis_address& to);

    // Everybody who holds a slot. Somebody whose slots have moved away one by one is among them still.
    const std::vector<redis_address>& primaries() const noexcept { return primaries_; }

    bool is_complete() const noexcept;

    // Whether there is a slot that `other` gives to somebody else than this does, and this to `from`.
    bool has_lost_to(const redis_slot_map& other, const redis_address& from) const noexcept;

private:
    static constexpr std::uint16_t nobody = 0xffff;

    std::uint16_t index_of(const redis_address& primary);

    std::vector<redis_address> primaries_;
    std::array<std::uint16_t, redis_slot_count> holders_; // positions in primaries_
};

// "MOVED 3999 10.0.0.7:6381", "ASK 3999 10.0.0.7:6381".
struct redis_redirection {
    bool is_lasting = false; // MOVED: the map was wrong. ASK: this once, with ASKING, and the map stays
    std::uint16_t slot = 0;
    redis_address to{};
};

// Nothing: no redirection. `asked` as above.
std::optional<redis_redirection> redirection_in(const redis_reply& reply, const redis_address& asked);

} // namespace latchkey
