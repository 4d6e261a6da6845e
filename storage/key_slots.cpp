#include "storage/key_slots.hpp"

#include "storage/key_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <new>
#include <utility>

namespace latchkey {
namespace {

constexpr std::align_val_t cache_line{64};
constexpr std::uint32_t smallest = 8; // a cache line
constexpr int address_bits = 48;      // of user space; the rest of a word holds a part of the hash

constexpr std::uint64_t address_mask = (std::uint64_t{1} << address_bits) - 1;

// Of the bits that find neither the stripe nor the place in it.
std::uint64_t tag_of(std::uint64_t hash) noexcept
{
    return hash << address_bits;
}

constexpr bool holds(std::uint32_t capacity, std::size_t entries) noexcept
{
    return entries <= capacity / 4 * std::size_t{3};
}

} // namespace

key_slots::~key_slots()
{
    ::operator delete[](words_, cache_line);
}

key_entry* key_slots::entry_of(word held) noexcept
{
    // An address and a tag in one word are the point here.
    return reinterpret_cast<key_entry*>(held & address_mask); // NOLINT(performance-no-int-to-ptr)
}

key_entry* key_slots::find(const hashed_id& searched) const noexcept
{
    if (capacity_ == 0) return nullptr;
    const std::uint64_t tag = tag_of(searched.hash);
    for (std::uint32_t at = home_of(searched.hash);; at = (at + 1) & mask()) {
        const word held = words_[at];
        if (held == 0) return nullptr;
        if (((held ^ tag) & ~address_mask) != 0) continue;
        key_entry* const entry = entry_of(held);
        if (entry->record.id == searched.id) return entry;
    }
}

void key_slots::insert(key_entry& added)
{
    reserve(size_ + std::size_t{1});
    const auto address = reinterpret_cast<std::uintptr_t>(&added);
    assert((address & ~address_mask) == 0);
    const std::uint64_t hash = hash_of(added.record.id);
    put(address | tag_of(hash), hash);
    ++size_;
}

void key_slots::put(word added, std::uint64_t hash) noexcept
{
    std::uint32_t at = home_of(hash);
    while (words_[at] != 0)
        at = (at + 1) & mask();
    words_[at] = added;
}

// Moves what lies behind back into the hole, where a search for it can still find it: so no search ever has
// to step over the place of something that was here once.
void key_slots::erase(const key_entry& gone) noexcept
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

void key_slots::reserve(std::size_t entries)
{
    if (holds(capacity_, entries)) return;
    const std::size_t needed = entries + entries / 3 + 1;
    grow_to(std::max(smallest, static_cast<std::uint32_t>(std::bit_ceil(needed))));
}

void key_slots::grow_to(std::uint32_t capacity)
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
key_slots::place_hint key_slots::place() const noexcept
{
    return reinterpret_cast<std::uintptr_t>(words_) | static_cast<unsigned>(std::countr_zero(capacity_));
}

void key_slots::expect(place_hint slots, std::uint64_t hash) noexcept
{
    constexpr place_hint low_bits = static_cast<std::size_t>(cache_line) - 1;
    const std::uint64_t capacity = std::uint64_t{1} << (slots & low_bits);
    const std::uint64_t home = (hash >> 32) & (capacity - 1);
    const std::uint64_t address = (slots & ~low_bits) + home * sizeof(word);
    __builtin_prefetch(reinterpret_cast<const void*>(address)); // NOLINT(performance-no-int-to-ptr)
}

} // namespace latchkey
