// A user as the memory table keeps them: the record, what of it every verification needs, and the index of
// their keys. Owned by the user table, never freed while that lives, so keys may point at it.
#pragma once

#include "storage/key_table.hpp"
#include "storage/store.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace latchkey {

struct entry_id_hash {
    using is_avalanching = void;
    std::size_t operator()(const key_entry* entry) const noexcept { return hash_of(entry->record.id); }
};

struct entry_name_hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(std::string_view name) const noexcept { return hash_of(name); }
    std::size_t operator()(const key_entry* entry) const noexcept
    {
        return hash_of(entry->record.name.view());
    }
};

struct entry_name_equal {
    using is_transparent = void;
    bool operator()(const key_entry* a, const key_entry* b) const noexcept { return a == b; }
    bool operator()(std::string_view a, const key_entry* b) const noexcept { return a == b->record.name; }
    bool operator()(const key_entry* a, std::string_view b) const noexcept { return a->record.name == b; }
};

using entries_by_id = boost::unordered_flat_set<key_entry*, entry_id_hash>;
using entries_by_name = boost::unordered_flat_set<key_entry*, entry_name_hash, entry_name_equal>;

// Keys of the owner's present epoch, pending ones included.
struct owned_keys {
    entries_by_name tokens;
    entries_by_id others;

    void insert(key_entry* entry);
    void erase(key_entry* entry);
};

struct owner_state {
    owner_state(user added, row_number at);

    const uuid id;
    const std::string username;
    const row_number row;

    // --- readable without the lock ---

    owner_view view() const noexcept;
    void record_sighting(time_point when) noexcept;

    std::atomic<time_point> last_seen;
    std::atomic<bool> has_unwritten_sighting{false};

    // --- under the lock ---

    std::mutex mutex;
    bool is_pending = true; // as with keys: nobody may see the user yet
    owned_keys keys;

    bool is_visible() const noexcept { return !is_pending && !current_.is_deleted; }

    // The user as everybody sees them: of changes that are on their way to the disk, what they take away
    // is in force already, what they give is not.
    const user& current() const noexcept { return current_; }
    user copy() const;

    // The user as they will be once every change on its way has arrived; what the next change starts from.
    user newest() const;

    // `next` is on its way. If it raises the epoch, returns the index of the keys that are dead now.
    owned_keys begin_change(user next);

    // The oldest change on its way has arrived, or never will; then only what it took away stays in force.
    void settle_change(bool is_durable);

private:
    void publish(user now);

    user current_;
    std::vector<user> changes_;           // on their way: first what they build on, then each in order
    std::atomic<std::uint64_t> standing_; // epoch, deleted, suspended: in one word, to be read in one step
};

} // namespace latchkey
