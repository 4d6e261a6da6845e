// Memory for the entries of the key table and of the caches. Verifications hit entries at random: in slots of
// whole cache lines on huge pages each costs two cache misses, and no walk through the page tables on top,
// which saves a twentieth of a pipelined verification (./dev bench verify). One for each size of entry in the
// process; any thread.
#pragma once

#include <cstddef>
#include <mutex>

namespace latchkey {

class key_entry_memory {
public:
    static constexpr std::size_t alignment = 64; // a cache line

    // Of slots of this size, a multiple of the alignment.
    explicit constexpr key_entry_memory(std::size_t size) noexcept : size_{size} {}

    // One slot. Throws bad_alloc.
    void* take();

    // Kept for the next entry: memory that held a million keys stays with the process.
    void give_back(void* slot) noexcept;

private:
    struct free_slot {
        free_slot* next = nullptr;
    };

    std::mutex mutex_;
    const std::size_t size_;
    free_slot* free_ = nullptr;
    std::byte* unused_ = nullptr; // of the newest page
    std::size_t unused_size_ = 0;
};

// Never destroyed in effect: its pages stay mapped.
template <std::size_t Size>
inline constinit key_entry_memory key_entry_slots{Size};

} // namespace latchkey
