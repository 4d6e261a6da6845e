#include "storage/sqlite_schema.hpp"

namespace latchkey {
namespace {

// Uniqueness is held by the memory side, which is complete while the file is open: no secondary index has
// to be kept, and rows are appended in the order of their numbers.
constexpr const char* first_version = R"sql(
CREATE TABLE users (
    row                INTEGER PRIMARY KEY,
    id                 TEXT    NOT NULL, -- UUID
    username           TEXT    NOT NULL,
    email              TEXT    NOT NULL,
    name               TEXT    NOT NULL,
    password_hash      TEXT    NOT NULL, -- Argon2id, PHC text form; empty: no password login
    login              INTEGER NOT NULL, -- 0 token, 1 password, 2 none
    status             INTEGER NOT NULL, -- 0 active, 1 suspended
    roles              INTEGER NOT NULL, -- 1 owner + 2 user admin + 4 template admin + 8 auditor
    is_service_account INTEGER NOT NULL,
    is_system          INTEGER NOT NULL,
    is_deleted         INTEGER NOT NULL,
    created_at         INTEGER NOT NULL, -- all instants: microseconds since 1970, UTC
    updated_at         INTEGER NOT NULL,
    last_seen_at       INTEGER NOT NULL,
    key_epoch          INTEGER NOT NULL  -- keys with another owner_epoch are dead
) STRICT;

CREATE TABLE keys (
    row         INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL,
    owner       INTEGER NOT NULL, -- users.row
    owner_epoch INTEGER NOT NULL,
    login       INTEGER NOT NULL,
    digest_kind INTEGER NOT NULL, -- 0 wiped, 1 SHA-256, 2 HMAC-SHA-256
    digest      BLOB,             -- of the secret; NULL once the lifetime has ended
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    lifetime    INTEGER NOT NULL, -- seconds
    last_used   INTEGER NOT NULL, -- 0: never
    name        TEXT    NOT NULL,
    scopes      TEXT    NOT NULL, -- JSON array
    allow_list  TEXT    NOT NULL  -- JSON array
) STRICT;
)sql";

constexpr const char* second_version = R"sql(
CREATE TABLE settings (
    name  TEXT PRIMARY KEY, -- id_tag_key: see storage/id_tag.hpp
    value BLOB NOT NULL
) STRICT;
)sql";

constexpr const char* third_version = R"sql(
CREATE TABLE kept_audit_lines (
    row   INTEGER PRIMARY KEY,
    lines BLOB NOT NULL -- of the audit log, each with its newline, then NULs: storage/audit_line_keeper.hpp
) STRICT;
)sql";

constexpr const char* migrations[] = {first_version, second_version, third_version};

open_result<std::int64_t> read_version(sqlite_database& database)
{
    const auto application = database.ask("PRAGMA application_id");
    const auto version = database.ask("PRAGMA user_version");
    const auto objects = database.ask("SELECT count(*) FROM sqlite_schema");
    if (!application || !version || !objects) return unusable_file(database, "reading its head");
    const bool is_empty = *application == 0 && *version == 0 && *objects == 0;
    if (!is_empty && *application != sqlite_application_id) {
        return open_error{storage_errc::bad_file,
                          "the file " + database.path() +
                              " belongs to another program; choose another file with --store"};
    }
    return *version;
}

open_result<void> migrate(sqlite_database& database, std::int64_t version, std::span<const char* const> steps)
{
    for (; version < static_cast<std::int64_t>(steps.size()); ++version) {
        const std::string marks = "PRAGMA application_id = " + std::to_string(sqlite_application_id) +
                                  "; PRAGMA user_version = " + std::to_string(version + 1);
        const bool is_done = database.execute("BEGIN EXCLUSIVE") &&
                             database.execute(steps[static_cast<std::size_t>(version)]) &&
                             database.execute(marks.c_str()) && database.execute("COMMIT");
        if (is_done) continue;
        const open_error why =
            unusable_file(database, "bringing it to version " + std::to_string(version + 1));
        [[maybe_unused]] const bool was_open = database.execute("ROLLBACK"); // if it began at all
        return why;
    }
    return {};
}

} // namespace

std::span<const char* const> sqlite_migrations() noexcept
{
    return migrations;
}

open_error unusable_file(const sqlite_database& database, const std::string& doing)
{
    if (database.is_in_use_elsewhere()) {
        return {
            storage_errc::unavailable,
            "the database " + database.path() +
                " is in use by another process; stop that one first, or choose another file with --store"};
    }
    if (database.is_damaged()) return damaged_file(database, doing + ": " + database.problem());
    return {storage_errc::unavailable,
            "cannot use the database " + database.path() + ": " + database.problem() +
                "; check the disk and that the server may write the file and its directory"};
}

open_error damaged_file(const sqlite_database& database, const std::string& what)
{
    return {storage_errc::bad_file,
            "the database " + database.path() + " is damaged or not one of Latchkey's (" + what +
                "); restore a backup, or choose another file with --store"};
}

open_result<void> prepare_schema(sqlite_database& database, std::span<const char* const> steps)
{
    // Exclusive mode keeps the lock between transactions, and the index of the log in this process's memory;
    // storage/sqlite_log_file counts on it.
    const bool is_locked = database.execute("PRAGMA locking_mode = EXCLUSIVE") &&
                           database.execute("BEGIN EXCLUSIVE") && database.execute("COMMIT");
    if (!is_locked) return unusable_file(database, "locking it");

    const auto version = read_version(database);
    if (!version) return version.error();
    const auto newest = static_cast<std::int64_t>(steps.size());
    if (*version > newest) {
        return open_error{storage_errc::bad_file,
                          "the database " + database.path() + " has version " + std::to_string(*version) +
                              ", this server knows " + std::to_string(newest) +
                              "; start the newer server again, or restore a backup from before its start"};
    }

    // FULL: a commit is on the disk before it is answered. Deleted rows are overwritten with zeros.
    const bool is_set =
        database.execute("PRAGMA journal_mode = WAL") && database.execute("PRAGMA synchronous = FULL") &&
        database.execute("PRAGMA secure_delete = ON") && database.execute("PRAGMA trusted_schema = OFF");
    if (!is_set) return unusable_file(database, "preparing it");
    return migrate(database, *version, steps);
}

} // namespace latchkey
