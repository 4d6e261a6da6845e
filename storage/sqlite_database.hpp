// One SQLite connection and its statements, wrapped so that nothing leaks and nothing else has to know
// SQLite. Owned by the sqlite store; used by one thread at a time.
#pragma once

#include "storage/open_error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace latchkey {

class sqlite_statement {
public:
    enum class step_outcome { row, end, failed };

    // What is bound must stay alive until the statement has run.
    void bind(int at, std::int64_t value) noexcept;
    void bind(int at, std::string_view text) noexcept;
    void bind_bytes(int at, const void* bytes, std::size_t size) noexcept;
    void bind_null(int at) noexcept;

    step_outcome step() noexcept;

    // Steps to the end and makes the statement ready for the next run. False: see sqlite_database::problem().
    [[nodiscard]] bool run() noexcept;

    // Of the row at which step() stands; views are good until the next step.
    bool is_null(int column) const noexcept;
    std::int64_t integer(int column) const noexcept;
    std::string_view text(int column) const noexcept; // of blobs, their bytes

private:
    friend class sqlite_database;

    struct finalizer {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };

    std::unique_ptr<sqlite3_stmt, finalizer> handle_;
};

class sqlite_database {
public:
    // Creates the file if there is none, for its owner alone (0600). Holds it locked against every other
    // process from the first statement on.
    static open_result<sqlite_database> open(const std::string& path);

    const std::string& path() const noexcept { return path_; }

    // Runs statements whose results nobody needs.
    [[nodiscard]] bool execute(const char* sql) noexcept;

    // Nothing is prepared on failure: check with is_ready.
    sqlite_statement prepare(std::string_view sql) noexcept;
    static bool is_ready(const sqlite_statement& statement) noexcept { return statement.handle_ != nullptr; }

    // The first column of the first row, as an integer; nothing on failure.
    std::optional<std::int64_t> ask(std::string_view sql) noexcept;

    // What went wrong last, in SQLite's words.
    std::string problem() const;
    bool is_in_use_elsewhere() const noexcept; // the last failure was a lock held by somebody else
    bool is_damaged() const noexcept;          // the last failure was what the file contains

    // Pages of the write-ahead log that are not in the database file yet.
    int log_pages() const noexcept;

    // What becomes of the log's contents once they are in the database file: they stay where they are until
    // other pages are written over them, which costs the disk less than new blocks; or the log is cut to
    // nothing.
    enum class old_log { kept, erased };

    // Moves the write-ahead log into the database file.
    [[nodiscard]] bool checkpoint(old_log contents) noexcept;

private:
    struct closer {
        void operator()(sqlite3* connection) const noexcept;
    };

    sqlite_database() = default;

    std::string path_;
    std::unique_ptr<int>
        log_pages_; // written by SQLite's hook, so its place must not move; outlives the handle
    std::unique_ptr<sqlite3, closer> handle_;
};

} // namespace latchkey
