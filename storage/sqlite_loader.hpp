// Reads a database file into the memory table, once, when the store is opened.
#pragma once

#include "storage/id_tag.hpp"
#include "storage/memory_table.hpp"
#include "storage/sqlite_database.hpp"

namespace latchkey {

// Checks every row; one that cannot be right makes the file bad_file. Returns the rows of keys whose epoch
// was dropped, which are not loaded and remain to be deleted.
open_result<std::vector<key_removal>> load_rows(sqlite_database& database, memory_table& table);

// The key that the file's ids begin by (storage/id_tag.hpp): the one it has, or else, and as long as it has
// no users, `wanted`; without that, a new one.
open_result<siphash_key> settle_id_tag_key(sqlite_database& database,
                                           const std::optional<siphash_key>& wanted);

} // namespace latchkey
