// Hashes for the sets of the memory table. Not cryptographic, but seeded per process: names are chosen by
// users, who shall not be able to prepare a pile of them that all fall into one bucket.
#pragma once

#include "storage/records.hpp"

#include <cstdint>
#include <string_view>

namespace latchkey {

// High quality in all bits: the id table takes its stripe from the middle ones, the sets the outer ones.
std::uint64_t hash_of(const key_id& id) noexcept;
std::uint64_t hash_of(std::string_view text) noexcept;

// An id to be searched for in a table, whose hash is wanted more than once.
struct hashed_id {
    explicit hashed_id(const key_id& searched) noexcept : id{searched}, hash{hash_of(searched)} {}

    const key_id& id;
    std::uint64_t hash;
};

} // namespace latchkey
