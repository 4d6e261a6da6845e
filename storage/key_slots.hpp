// The entries of a table of keys, by id: open addressing over words that hold an entry's address and 16 bits
// of its id's hash. A search costs one cache miss before the entry's own, where a set that keeps its tags
// apart from its pointers costs two, and that miss can be had in advance: together a tenth of a pipelined
// verification (./dev bench verify). Guarded by its owner: the key table's stripe, the cache's thread.
#pragma once

#include "storage/text_hash.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

namespace latchkey {

// An Entry has a `record` with the id.
template <class Entry>
class key_slots {
public:
    key_slots() = default;
    ~key_slots();
    key_slots(const key_slots&) = delete;
    key_slots& operator=(const key_slots&) = delete;

    // Null: no such id.
    Entry* find(const hashed_id& searched) const noexcept;

    // The id is not here yet. Throws bad_alloc, and then nothing has changed.
    void insert(Entry& added);

    // It is here. The entry itself lives on.
    void erase(const Entry& gone) noexcept;

    // So that this many entries fit without growing again. Throws bad_alloc.
    void reserve(std::size_t entries);

    // Where the slots lie and how many they are, in one word: for `expect`, which needs no lock, because a
    // place that is not true any more does no harm there.
    using place_hint = std::uint64_t;
    place_hint place() const noexcept;

    // Asks the processor for the line where a search will begin.
    static void expect(place_hint slots, std::uint64_t hash) noexcept;

    // Asks for the entry that a search for an id with this hash will come to first: the two lines of it that
    // are read. Inline, because GCC leaves out calls of functions that do nothing else than ask for memory.
    [[gnu::always_inline]] void expect_entry(std::uint64_t hash) const noexcept;

    // Calls visit(Entry&) for each, in no order.
    template <class Visit>
    void visit(Visit visit) const
    {
        for (std::uint32_t at = 0; at < capacity_; ++at) {
            if (words_[at] != 0) visit(*entry_of(words_[at]));
        }
    }

private:
    using word = std::uint64_t; // 0: free

    static constexpr std::align_val_t cache_line{64};
    static constexpr std::uint32_t smallest = 8; // a cache line
    static constexpr int address_bits = 48;      // of user space; the rest of a word holds a part of the hash
    static constexpr word address_mask = (word{1} << address_bits) - 1;

    // Of the bits that find neither the stripe nor the place in it.
    static constexpr word tag_of(std::uint64_t hash) noexcept { return hash << address_bits; }

    static constexpr bool holds(std::uint32_t capacity, std::size_t entries) noexcept
    {
        return entries <= capacity / 4 * std::size_t{3};
    }

    static Entry* entry_of(word held) noexcept;
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

template <class Entry>
key_slots<Entry>::~key_slots()
{
    ::operator delete[](words_, cache_line);
}

template <class Entry>
Entry* key_slots<Entry>::entry_of(word held) noexcept
{
    // An address and a tag in one word are the point here.
    return reinterpret_cast<Entry*>(held & address_mask); // NOLINT(performance-no-int-to-ptr)
}

template <class Entry>
Entry* key_slots<Entry>::find(const hashed_id& searched) const noexcept
{
    if (capacity_ == 0) return nullptr;
    const std::uint64_t tag = tag_of(searched.hash());
    for (std::uint32_t at = home_of(searched.hash());; at = (at + 1) & mask()) {
        const word held = words_[at];
        if (held == 0) return nullptr;
        if (((held ^ tag) & ~address_mask) != 0) continue;
        Entry* const entry = entry_of(held);
        if (searched.is(entry->record.id)) return entry;
    }
}

template <class Entry>
inline void key_slots<Entry>::expect_entry(std::uint64_t hash) const noexcept
{
    if (capacity_ == 0) return;
    const std::uint64_t tag = tag_of(hash);
    for (std::uint32_t at = home_of(hash); words_[at] != 0; at = (at + 1) & mask()) {
        if (((words_[at] ^ tag) & ~address_mask) != 0) continue;
        const auto* const entry = reinterpret_cast<const std::byte*>(entry_of(words_[at]));
        __builtin_prefetch(entry, 1); // to be written to: when it was used
        __builtin_prefetch(entry + static_cast<std::size_t>(cache_line));
        return;
    }
}

template <class Entry>
void key_slots<Entry>::insert(Entry& added)
{
    reserve(size_ + std::size_t{1});
    const auto address = reinterpret_cast<std::uintptr_t>(&added);
    assert((address & ~address_mask) == 0);
    const std::uint64_t hash = hash_of(added.record.id);
    put(address | tag_of(hash), hash);
    ++size_;
}

template <class Entry>
void key_slots<Entry>::put(word added, std::uint64_t hash) noexcept
{
    std::uint32_t at = home_of(hash);
    while (words_[at] != 0)
        at = (at + 1) & mask();
    words_[at] = added;
}

// Moves what lies behind back into the hole, where a search for it can still find it: so no search ever has
// to step over the place of something that was here once.
template <class Entry>
void key_slots<Entry>::erase(const Entry& gone) noexcept
{
    std::uint32_t hole = home_of(hash_of(gone.record.id));
    while (entry_of(words_[hole]) != &gone)
        hole = (hole + 1) & mask();
    for (std::uint32_t next = (hole + 1) & mask(); words_[next] != 0; next = (next + 1) & mask()) {
        const std::uint32_t home = home_of(hash_of(entry_of(words_[next])->record.id));
        const bool may_move = ((next - home) & mask()) >= ((next - hole) & mask());
        if (!may_move) continue;
        words_[hole] = words_[next];
        hole = next;
    }
    words_[hole] = 0;
    --size_;
}

template <class Entry>
void key_slots<Entry>::reserve(std::size_t entries)
{
    if (holds(capacity_, entries)) return;
    const std::size_t needed = entries + entries / 3 + 1;
    grow_to(std::max(smallest, static_cast<std::uint32_t>(std::bit_ceil(needed))));
}

template <class Entry>
void key_slots<Entry>::grow_to(std::uint32_t capacity)
{
    auto* const grown = static_cast<word*>(::operator new[](capacity * sizeof(word), cache_line));
    std::fill_n(grown, capacity, 0);
    word* const before = std::exchange(words_, grown);
    const std::uint32_t capacity_before = std::exchange(capacity_, capacity);
    for (std::uint32_t at = 0; at < capacity_before; ++at) {
        if (before[at] != 0) put(before[at], hash_of(entry_of(before[at])->record.id));
    }
    ::operator delete[](before, cache_line);
}

// The address of a cache line has its lowest bits to spare.
template <class Entry>
auto key_slots<Entry>::place() const noexcept -> place_hint
{
    return reinterpret_cast<std::uintptr_t>(words_) | static_cast<unsigned>(std::countr_zero(capacity_));
}

template <class Entry>
void key_slots<Entry>::expect(place_hint slots, std::uint64_t hash) noexcept
{
    constexpr place_hint low_bits = static_cast<std::size_t>(cache_line) - 1;
    const std::uint64_t capacity = std::uint64_t{1} << (slots & low_bits);
    const std::uint64_t home = (hash >> 32) & (capacity - 1);
    const std::uint64_t address = (slots & ~low_bits) + home * sizeof(word);
    __builtin_prefetch(reinterpret_cast<const void*>(address)); // NOLINT(performance-no-int-to-ptr)
}

} // namespace latchkey
