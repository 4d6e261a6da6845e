// Which keys and owners this process has changed in Redis itself: what a shard had kept of them before is not
// used any more on any shard from the moment the change is answered, ahead of the news from Redis. Counters
// only, each of many ids: what falls together is asked for once too often. Every function, every thread.
#pragma once

#include "storage/id_tag.hpp"
#include "storage/records.hpp"
#include "storage/text_hash.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <string_view>

namespace latchkey {

class own_changes {
public:
    void note(const key_id& id) noexcept { add_to(by_id_[slot_of(hash_of(id))]); }

    // Of all owners whose ids of keys begin with `tag`; also when Redis told of it.
    void note_owners(std::string_view tag) noexcept
    {
        add_to(by_tag_[slot_of(tag)]);
        add_to(users_);
    }

    // Changes whenever anything was noted that may concern the key.
    std::uint32_t count_of(const hashed_id& id) const noexcept
    {
        // Both only ever grow, so their sum stands still only while both do.
        return by_id_[slot_of(id.hash())].load(std::memory_order_acquire) +
               by_tag_[slot_of_tag(id.front() & tag_mask)].load(std::memory_order_acquire);
    }

    // Changes whenever owners were noted.
    std::uint32_t count_of_users() const noexcept { return users_.load(std::memory_order_acquire); }

private:
    using counter = std::atomic<std::uint32_t>;

    static constexpr std::uint64_t tag_mask = (std::uint64_t{1} << (8 * id_tag_length)) - 1;
    static constexpr std::size_t slots = 4096; // 16 KiB: most of it stays in a core's cache

    static std::size_t slot_of(std::uint64_t hash) noexcept { return hash >> 40 & (slots - 1); }

    // The characters of a tag, the first one lowest: as they are in memory, and so in the first word of an
    // id.
    static_assert(std::endian::native == std::endian::little);
    static std::size_t slot_of_tag(std::uint64_t packed) noexcept
    {
        return slot_of(packed * 0x9e3779b97f4a7c15);
    }
    static std::size_t slot_of(std::string_view tag) noexcept
    {
        std::uint64_t packed = 0;
        for (std::size_t at = 0; at < std::min(tag.size(), id_tag_length); ++at)
            packed |= std::uint64_t{static_cast<unsigned char>(tag[at])} << (8 * at);
        return slot_of_tag(packed);
    }

    static void add_to(counter& one) noexcept { one.fetch_add(1, std::memory_order_release); }

    std::array<counter, slots> by_id_{};
    std::array<counter, slots> by_tag_{};
    counter users_{0};
};

} // namespace latchkey
