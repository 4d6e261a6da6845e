// The first characters of a key's id, which say whose it is to those who know the deployment's key, and
// nothing to anybody else: a keyed hash of the owner's id. A Redis store keeps all that belongs to one owner
// together by it (storage/redis_layout.hpp); the others draw ids in the same way, so that their keys can move
// there. Pure functions but for fresh_id_tag_key, any thread.
#pragma once

#include "storage/records.hpp"
#include "storage/siphash.hpp"

#include <cstddef>
#include <string>

namespace latchkey {

inline constexpr std::size_t id_tag_length = 3;

// Three characters of 0-9A-Za-z.
std::string id_tag_of(const uuid& owner, const siphash_key& by);

// From the operating system's generator. Throws system_error when that fails.
siphash_key fresh_id_tag_key();

} // namespace latchkey
