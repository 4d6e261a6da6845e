// The entries of one stripe of the key table, by id: open addressing over words that hold an entry's address
// and 16 bits of its id's hash. A search costs one cache miss before the entry's own, where a set that keeps
// its tags apart from its pointers costs two, and that miss can be had in advance: together a tenth of a
// pipelined verification (./dev bench verify). Guarded by the stripe's lock.
#pragma once

#include "storage/text_hash.hpp"

#include <cstddef>
#include <cstdint>

namespace latchkey {

struct key_entry;

class key_slots {
public:
    key_slots() = default;
    ~key_slots();
    key_slots(const key_slots&) = delete;
    key_slots& operator=(const key_slots&) = delete;

    // Null: no such id.
    key_entry* find(const hashed_id& searched) const noexcept;

    // The id is not here yet. Throws bad_alloc, and then nothing has changed.
    void insert(key_entry& added);

    // It is here. The entry itself lives on.
    void erase(const key_entry& gone) noexcept;

    // So that this many entries fit without growing again. Throws bad_alloc.
    void reserve(std::size_t entries);

    // Where the slots lie and how many they are, in one word: for `expect`, which needs no lock, because a
    // place that is not true any more does no harm there.
    using place_hint = std::uint64_t;
    place_hint place() const noexcept;

    // Asks the processor for the line where a search will begin.
    static void expect(place_hint slots, std::uint64_t hash) noexcept;

    // Calls visit(key_entry&) for each, in no order.
    template <class Visit>
    void visit(Visit visit) const
    {
        for (std::uint32_t at = 0; at < capacity_; ++at) {
            if (words_[at] != 0) visit(*entry_of(words_[at]));
        }
    }

private:
    using word = std::uint64_t; // 0: free

    static key_entry* entry_of(word held) noexcept;
    std::uint32_t mask() const noexcept { return capacity_ - 1; }
    std::uint32_t home_of(std::uint64_t hash) const noexcept
    {
        return static_cast<std::uint32_t>(hash >> 32) & mask();
    }
    void put(word added, std::uint64_t hash) noexcept;
    void grow_to(std::uint32_t capacity);

    word* words_ = nullptr;      // whole cache lines
    std::uint32_t capacity_ = 0; // a power of two, or nothing; never full
    std::uint32_t size_ = 0;
};

} // namespace latchkey
