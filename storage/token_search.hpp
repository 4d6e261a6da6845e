// One list of tokens in the making: first the places in the list are gathered, then the keys of the page
// copied, in steps short enough for a shard's thread. Owned by the coroutine that lists.
#pragma once

#include "storage/memory_table.hpp"

namespace latchkey {

class token_search {
public:
    token_search(memory_table& table, key_table& keys, user_table& users, key_query query);

    // Works on for a bounded time (all tokens of one owner count as one step); false when it is finished.
    bool step();

    // The page, once finished.
    std::vector<key_listing> take_page() { return std::move(page_); }

private:
    // The order of lists (contract A15).
    struct place {
        time_point created_at;
        key_id id;

        auto operator<=>(const place&) const = default;
    };

    enum class stage { beginning, gathering, copying, finished };

    bool has_place(const key_record& key) const noexcept; // in the list, if it counts the expired ones
    bool matches(const key_record& key) const noexcept;
    void begin();
    void gather();
    void gather_of(owner_state& owner);
    void consider(const key_record& key);
    void copy();
    void end_round();

    memory_table& table_;
    key_table& keys_;
    user_table& users_;
    const key_query query_;
    stage stage_ = stage::beginning;
    std::optional<place> after_;
    std::size_t next_stripe_ = 0;
    std::vector<place> places_; // with a limit: a heap of the lowest ones, the last on top
    std::size_t copied_ = 0;
    std::vector<key_listing> page_;
};

} // namespace latchkey
