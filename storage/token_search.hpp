// One list of tokens in the making: first the places in the list are gathered, then the keys copied, a page
// at a time, in steps short enough for a shard's thread.
#pragma once

#include "storage/memory_table.hpp"

namespace latchkey {

class token_search final : public token_list {
public:
    token_search(memory_table& table, key_table& keys, user_table& users, key_query query);

    task<result<std::vector<key_listing>>> next() override;

private:
    // The order of lists (contract A15).
    struct place {
        time_point created_at;
        key_id id;

        auto operator<=>(const place&) const = default;
    };

    enum class stage { beginning, gathering, copying, finished };

    // Works on for a bounded time, a few milliseconds at most; false when it is finished.
    bool step();
    bool has_place(const key_facts& key,
                   const uuid& owner) const noexcept; // in the list, if it counts the expired ones
    bool matches(const key_facts& key, const uuid& owner) const noexcept;
    void begin();
    void gather();
    bool gather_of(owner_state& owner);
    void consider(const key_facts& key, const uuid& owner);
    bool keeps_lowest_only() const noexcept;
    bool is_full() const noexcept; // there are as many as were asked for
    void copy();
    void end_round();

    memory_table& table_;
    key_table& keys_;
    user_table& users_;
    const key_query query_;
    stage stage_ = stage::beginning;
    std::optional<place> after_;
    std::size_t next_stripe_ = 0;
    // A heap. While the lowest of all are gathered for a small page the highest of them is on top, to make
    // room; else, and always when they are copied, the lowest is.
    std::vector<place> places_;
    std::optional<place> last_; // of those that were copied in this round
    std::size_t taken_ = 0;     // keys, of pages before
    std::vector<key_listing> page_;
};

} // namespace latchkey
