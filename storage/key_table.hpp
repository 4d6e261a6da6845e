// All keys by id, for all shards: striped, so that two shards hardly ever meet on a lock. Owned by the
// memory table; every function may be called from every thread.
//
// Locks are taken in the order owner, then stripe. A key's record, `is_pending` and existence change only
// while both are held, so either suffices to read them; `use` belongs to the stripe alone.
#pragma once

#include "storage/key_entry_memory.hpp"
#include "storage/key_slots.hpp"
#include "storage/store.hpp"
#include "storage/stripe_lock.hpp"
#include "storage/table_changes.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace latchkey {

struct owner_state;

// Two cache lines: a million tokens are to need less than 200 bytes each (./dev bench memory).
struct alignas(key_entry_memory::alignment) key_entry {
    owner_state* owner = nullptr;
    [[no_unique_address]] use_mark use; // its last bytes are free for what follows
    bool is_pending = true;             // name and id are reserved, but nobody may see or use it yet
    key_facts record;
    row_number row = 0;

    static void* operator new(std::size_t, std::align_val_t)
    {
        return key_entry_slots<sizeof(key_entry)>.take();
    }
    static void operator delete(void* entry, std::align_val_t) noexcept
    {
        key_entry_slots<sizeof(key_entry)>.give_back(entry);
    }
};

static_assert(sizeof(key_entry) == 2 * key_entry_memory::alignment);

class key_table {
public:
    static constexpr std::size_t stripe_count = 1024;

    struct held {
        std::unique_lock<stripe_lock> stripe;
        key_entry* entry = nullptr;
        bool* has_unwritten_uses = nullptr; // of the stripe

        explicit operator bool() const noexcept { return entry != nullptr; }
    };

    key_table() = default;
    ~key_table();
    key_table(const key_table&) = delete;
    key_table& operator=(const key_table&) = delete;

    void reserve(std::size_t keys);

    // Locks exactly one stripe, whether or not there is such a key; allocates nothing.
    held find(const hashed_id& id) noexcept;

    // Asks the processor for what `find` will read. `next` locks the stripe for a moment, unless it is
    // locked.
    void expect(const hashed_id& id, lookup_comes when) noexcept;

    // Null, and nothing inserted, if the id is taken.
    key_entry* insert(std::unique_ptr<key_entry> entry);

    // Ends the entry. The caller holds its owner too, and has taken it out of the owner's index.
    void erase(held gone) noexcept;

    void record_use(const key_id& id, time_point when) noexcept;

    // Calls visit(const key_entry&) for every entry of one stripe, under its lock.
    template <class Visit>
    void visit_stripe(std::size_t index, Visit visit)
    {
        stripe& part = stripes_[index];
        const std::lock_guard hold{part.lock};
        part.entries.visit([&](const key_entry& entry) { visit(entry); });
    }

    // Appends the uses of one stripe that have not been taken yet.
    void take_unwritten_uses(std::size_t index, std::vector<key_use>& uses);

private:
    struct alignas(64) stripe {
        stripe_lock lock;
        bool has_unwritten_uses = false;
        key_slots<key_entry> entries;
    };
    static_assert(sizeof(stripe) == 64); // a cache line

    static std::size_t stripe_index(std::uint64_t hash) noexcept;
    stripe& stripe_of(std::uint64_t hash) noexcept { return stripes_[stripe_index(hash)]; }

    std::array<stripe, stripe_count> stripes_;
    // Of each stripe's entries: for `expect`, in as few cache lines as can be.
    std::array<std::atomic<key_slots<key_entry>::place_hint>, stripe_count> places_{};
};

} // namespace latchkey
