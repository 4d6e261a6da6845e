// Which keys and owners this process has changed in Redis itself: what a shard had kept of them before is not
// used any more on any shard from the moment the change is answered, ahead of the news from Redis. Counters
// only, each of many ids: what falls together is asked for once too often. Every function, every thread.
#pragma once

#include "storage/records.hpp"
#include "storage/text_hash.hpp"

#include <array>
#include <atomic>
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

    // Changes whenever anything was noted that may concern the key. `hash` is hash_of(id).
    std::uint32_t count_of(const key_id& id, std::uint64_t hash) const noexcept
    {
        // Both only ever grow, so their sum stands still only while both do.
        return by_id_[slot_of(hash)].load(std::memory_order_acquire) +
               by_tag_[slot_of(id.view().substr(0, tag_length))].load(std::memory_order_acquire);
    }

    // Changes whenever owners were noted.
    std::uint32_t count_of_users() const noexcept { return users_.load(std::memory_order_acquire); }

private:
    using counter = std::atomic<std::uint32_t>;

    static constexpr std::size_t tag_length = 3; // redis_layout::tag_length
    static constexpr std::size_t slots = 4096;   // 16 KiB: most of it stays in a core's cache

    static std::size_t slot_of(std::uint64_t hash) noexcept { return hash >> 40 & (slots - 1); }

    static std::size_t slot_of(std::string_view tag) noexcept
    {
        std::uint64_t packed = 0;
        for (const char each : tag)
            packed = packed << 8 | static_cast<unsigned char>(each);
        return slot_of(packed * 0x9e3779b97f4a7c15);
    }

    static void add_to(counter& one) noexcept { one.fetch_add(1, std::memory_order_release); }

    std::array<counter, slots> by_id_{};
    std::array<counter, slots> by_tag_{};
    counter users_{0};
};

} // namespace latchkey
