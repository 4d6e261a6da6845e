// What one shard keeps of the keys it has read from Redis: records and the standing of their owners, never
// decisions; and for a while, that a key is absent. A table without I/O, told the time and by the connections
// what has changed. Owned by the Redis store's shard, and by the connections that tell it; one thread.
//
// An entry may be used while the lease of the connection that it was read over covers the moment, nobody told
// of a change to it, and no shard of this process has changed it (storage/own_changes.hpp).
//
// The rule for reading: claim() before the read leaves, keep() with its reply. News of a change that comes
// between takes the claim away, and then the reply is used once and not kept: it may have been read before
// the change. A second read of the same key meanwhile gets no claim and is not kept either.
#pragma once

#include "storage/cache_figures.hpp"
#include "storage/key_slots.hpp"
#include "storage/own_changes.hpp"
#include "storage/owner_pool.hpp"
#include "storage/redis_lease.hpp"
#include "storage/redis_marks.hpp"
#include "storage/redis_tracking.hpp"
#include "storage/store.hpp"
#include "storage/text_hash.hpp"
#include "storage/user_cache.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey {

using lease_pointer = std::shared_ptr<const redis_lease>;

class key_cache final : public redis_tracker {
public:
    using time = redis_lease::clock::time_point;

    // Marks of use go to `marks` when an entry ends, and when they are handed over.
    key_cache(std::size_t most_bytes,
              std::shared_ptr<own_changes> changes,
              std::shared_ptr<redis_marks> marks);
    ~key_cache() override;
    key_cache(const key_cache&) = delete;
    key_cache& operator=(const key_cache&) = delete;

    // Allocates nothing. Passes over what is not proven up to `least`, absent keys included.
    key_lookup lookup(const hashed_id& id, time now, revision least = any_revision) noexcept;

    // As store::expect.
    void expect(const hashed_id& id, lookup_comes when) const noexcept;

    // 0: another read of this key is under way.
    using ticket = std::uint64_t;
    ticket claim(const key_id& id) noexcept;

    // The claim is used up. Keeps nothing where it is gone, or where nothing vouches for the reply.
    void keep(const key_id& id, ticket claimed, const key_with_owner& read, lease_pointer lease) noexcept;
    void keep_absent(const key_id& id, ticket claimed, lease_pointer lease) noexcept;
    void give_up(const key_id& id, ticket claimed) noexcept;

    // What is kept of users, under the same leases and by the same news.
    user_cache& users() noexcept { return users_; }

    void forget(std::string_view redis_key) noexcept override;
    void forget_all() noexcept override;
    void note_lease_end() noexcept override;

    // Epoch 0: no use of the key that is not in the marks already.
    time_point last_use(const key_id& id) const noexcept;

    // Hands marks of use to the marks, a part of the table at each call, and lets go of hashes whose keys
    // have expired. False: that was the last part.
    bool tend_a_part(time_point now) noexcept;
    void hand_over_uses() noexcept;

    // From any thread.
    void add_to(cache_figures& sum) const noexcept;

    // The thread whose lookups this is for, by the address of something that is the thread's own.
    std::atomic<const void*> seat{nullptr};

private:
    struct entry;

    struct id_hash {
        using is_avalanching = void;
        std::size_t operator()(const key_id& id) const noexcept { return hash_of(id); }
    };

    struct claimed_read {
        ticket number = 0;
        std::uint32_t changes = 0;
    };
    struct absence {
        lease_pointer lease;
        std::uint32_t changes = 0;
    };
    using absences = boost::unordered_flat_map<key_id, absence, id_hash>;

    // A counter of this thread that others may read.
    class figure {
    public:
        void add(std::uint64_t more) noexcept { set(get() + more); }
        void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
        std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

    private:
        std::atomic<std::uint64_t> value_{0};
    };

    std::uint32_t changes_of(const hashed_id& id) const noexcept { return changes_->count_of(id) + era_; }
    bool is_lost(const entry& one) const noexcept;
    bool is_absent(const hashed_id& id, time now, revision least) noexcept;
    std::optional<std::uint32_t>
    use_up(const hashed_id& id, ticket claimed, const lease_pointer& lease) noexcept;
    void put(const key_with_owner& read, lease_pointer lease, std::uint32_t changes);
    void make_room(std::size_t bytes) noexcept;
    void erase(entry* one) noexcept;
    void erase(const key_id& id) noexcept;
    void hand_over_use(entry& one) noexcept;
    void count_entries() noexcept;

    const std::size_t most_bytes_;  // of entries
    const std::size_t most_absent_; // in each of the two tables
    const std::shared_ptr<own_changes> changes_;
    const std::shared_ptr<redis_marks> marks_;
    std::uint32_t era_ = 0; // raised when all is to be forgotten

    key_slots<entry> entries_;
    owner_pool owners_;
    user_cache users_;
    std::vector<std::unique_ptr<entry>> ring_; // the same, in the order in which the hand passes them
    std::size_t hand_ = 0;
    std::size_t tended_ = 0; // how much of the ring, in this round
    std::size_t bytes_ = 0;
    bool has_unwritten_uses_ = false;

    // When the younger table is full it becomes the older one, whose content goes.
    absences young_;
    absences old_;

    boost::unordered_flat_map<key_id, claimed_read, id_hash> claims_;
    ticket last_ticket_ = 0;

    figure hits_;
    figure misses_;
    figure invalidations_;
    figure lease_losses_;
    figure entry_count_;
    figure byte_count_;
};

} // namespace latchkey
