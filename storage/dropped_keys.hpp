// The indexes of keys that died with their owner's epoch. They are set aside in one step when the epoch is
// raised, and emptied by the sweep, a bounded number of keys at a time. Owned by the memory table.
#pragma once

#include "storage/owner_state.hpp"

#include <deque>

namespace latchkey {

class dropped_keys {
public:
    void add(owned_keys dead);

    // Up to `limit` ids of keys that may still be in the table.
    std::vector<key_id> take(std::size_t limit);

    bool is_empty() const;

private:
    struct pile {
        explicit pile(owned_keys dead);

        owned_keys keys;
        entries_by_name::const_iterator next_token;
        entries_by_id::const_iterator next_other;
    };

    mutable std::mutex mutex_;
    std::deque<std::unique_ptr<pile>> piles_;
};

} // namespace latchkey
