// Reads a database file into the memory table, once, when the store is opened.
#pragma once

#include "storage/memory_table.hpp"
#include "storage/sqlite_database.hpp"

namespace latchkey {

// Checks every row; one that cannot be right makes the file bad_file. Returns the rows of keys whose epoch
// was dropped, which are not loaded and remain to be deleted.
open_result<std::vector<key_removal>> load_rows(sqlite_database& database, memory_table& table);

} // namespace latchkey
