// Memory for the entries of the key table. Verifications hit entries at random: in slots of whole cache lines
// on huge pages each costs two cache misses, and no walk through the page tables on top, which saves a
// twentieth of a pipelined verification (./dev bench verify). One for the process; any thread.
#pragma once

#include <cstddef>

namespace latchkey {

class key_entry_memory {
public:
    static constexpr std::size_t alignment = 64; // a cache line

    // One slot. Every call states the same size, a multiple of the alignment. Throws bad_alloc.
    static void* take(std::size_t size);

    // Kept for the next entry: memory that held a million keys stays with the process.
    static void give_back(void* slot) noexcept;
};

} // namespace latchkey
