// The shape of the database file, its version, and the way from every older version to this one.
#pragma once

#include "storage/sqlite_database.hpp"

#include <span>

namespace latchkey {

// "LKey": says that a file is one of ours (PRAGMA application_id).
inline constexpr std::int64_t sqlite_application_id = 0x4c4b6579;

// Step n (from 0) leads from version n to n + 1 (PRAGMA user_version). Steps that were released never change.
std::span<const char* const> sqlite_migrations() noexcept;

// Takes the lock on the file, refuses it if it is not ours or of a newer version, before anything in it is
// touched, and brings it to the version that the steps lead to. Each step is one transaction.
open_result<void> prepare_schema(sqlite_database& database, std::span<const char* const> steps);

// The message after something failed: whether somebody else holds the file, or it is damaged, or the disk
// is to blame.
open_error unusable_file(const sqlite_database& database, const std::string& doing);

// The message for a file that turned out damaged; `what` says where.
open_error damaged_file(const sqlite_database& database, const std::string& what);

} // namespace latchkey
