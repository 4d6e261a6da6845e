// Which cache a thread's lookups go to: a lookup knows its store and its thread, and nothing of the
// io_context that runs there. A thread takes a seat at its shard's cache whenever it goes to the shard; the
// last one to do so has it.
#pragma once

#include "storage/key_cache.hpp"

#include <cstdint>
#include <memory>

namespace latchkey {

// `store`: a number that no other store of this process has or had.
void take_seat(std::uint64_t store, const std::shared_ptr<key_cache>& cache);

// Null: this thread has none for that store. Allocates nothing.
key_cache* seat_of_thread(std::uint64_t store) noexcept;

} // namespace latchkey
