#include "storage/sqlite_database.hpp"

#include "storage/sqlite_log_file.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey {
namespace {

int note_log_pages(void* pages, sqlite3*, const char*, int count)
{
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

// A new file must survive a power loss as a name too.
void sync_directory_of(const std::filesystem::path& file)
{
    const int directory = ::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return; // some file systems do not let one open directories
    ::fsync(directory);
    ::close(directory);
}

// Makes sure that there is a file, readable by its owner alone. An existing one is not opened: closing it
// would take the locks from another connection of this process (POSIX locks belong to processes).
// Returns what is wrong, or nothing.
std::string create_file(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) {
        ::close(file);
        sync_directory_of(path);
        return {};
    }
    if (errno != EEXIST) return std::strerror(errno);
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return std::strerror(errno);
    return S_ISREG(found.st_mode) ? std::string{} : "it is not a regular file";
}

} // namespace

// --- statements

void sqlite_statement::finalizer::operator()(sqlite3_stmt* statement) const noexcept
{
    sqlite3_finalize(statement);
}

void sqlite_statement::bind(int at, std::int64_t value) noexcept
{
    sqlite3_bind_int64(handle_.get(), at, value);
}

void sqlite_statement::bind(int at, std::string_view text) noexcept
{
    // An empty view may have no address, which SQLite would take for NULL.
    const char* const bytes = text.empty() ? "" : text.data();
    sqlite3_bind_text64(handle_.get(), at, bytes, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void sqlite_statement::bind_bytes(int at, const void* bytes, std::size_t size) noexcept
{
    sqlite3_bind_blob64(handle_.get(), at, bytes, size, SQLITE_STATIC);
}

void sqlite_statement::bind_null(int at) noexcept
{
    sqlite3_bind_null(handle_.get(), at);
}

sqlite_statement::step_outcome sqlite_statement::step() noexcept
{
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) return step_outcome::row;
    return code == SQLITE_DONE ? step_outcome::end : step_outcome::failed;
}

bool sqlite_statement::run() noexcept
{
    step_outcome outcome = step();
    while (outcome == step_outcome::row)
        outcome = step();
    sqlite3_reset(handle_.get());
    return outcome == step_outcome::end;
}

bool sqlite_statement::is_null(int column) const noexcept
{
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t sqlite_statement::integer(int column) const noexcept
{
    return sqlite3_column_int64(handle_.get(), column);
}

std::string_view sqlite_statement::text(int column) const noexcept
{
    const void* const bytes = sqlite3_column_blob(handle_.get(), column);
    const int size = sqlite3_column_bytes(handle_.get(), column);
    return {static_cast<const char*>(bytes), bytes == nullptr ? 0 : static_cast<std::size_t>(size)};
}

// --- the connection

void sqlite_database::closer::operator()(sqlite3* connection) const noexcept
{
    sqlite3_close_v2(connection);
}

open_result<sqlite_database> sqlite_database::open(const std::string& path)
{
    // Absolute, so that no name is special to SQLite (":memory:", "file:...").
    std::error_code ec;
    const std::filesystem::path absolute = std::filesystem::absolute(path, ec);
    const std::string refusal = ec ? ec.message() : create_file(absolute);
    if (!refusal.empty()) {
        return open_error{storage_errc::unavailable,
                          "cannot open the database " + path + ": " + refusal +
                              "; check that its directory exists and that the server may write there"};
    }

    sqlite_database database;
    database.path_ = path;
    database.log_pages_ = std::make_unique<int>(0);
    sqlite3* connection = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    const int code = sqlite3_open_v2(absolute.c_str(), &connection, flags, sqlite_log_file_system());
    database.handle_.reset(connection);
    if (code != SQLITE_OK) {
        return open_error{storage_errc::unavailable,
                          "cannot open the database " + path + ": " + database.problem() +
                              "; check that the server may read and write it"};
    }
    sqlite3_extended_result_codes(connection, 1);
    sqlite3_wal_hook(
        connection, &note_log_pages, database.log_pages_.get()); // instead of automatic checkpoints
    return database;
}

bool sqlite_database::execute(const char* sql) noexcept
{
    return sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

sqlite_statement sqlite_database::prepare(std::string_view sql) noexcept
{
    sqlite_statement statement;
    sqlite3_stmt* handle = nullptr;
    sqlite3_prepare_v3(
        handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    statement.handle_.reset(handle);
    return statement;
}

std::optional<std::int64_t> sqlite_database::ask(std::string_view sql) noexcept
{
    sqlite_statement statement = prepare(sql);
    if (!is_ready(statement) || statement.step() != sqlite_statement::step_outcome::row) return std::nullopt;
    return statement.integer(0);
}

std::string sqlite_database::problem() const
{
    return sqlite3_errmsg(handle_.get());
}

bool sqlite_database::is_in_use_elsewhere() const noexcept
{
    const int code = sqlite3_errcode(handle_.get()) & 0xff;
    return code == SQLITE_BUSY || code == SQLITE_LOCKED;
}

bool sqlite_database::is_damaged() const noexcept
{
    const int code = sqlite3_errcode(handle_.get()) & 0xff;
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR;
}

int sqlite_database::log_pages() const noexcept
{
    return *log_pages_;
}

bool sqlite_database::checkpoint(old_log contents) noexcept
{
    const int mode = contents == old_log::kept ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_TRUNCATE;
    if (sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, nullptr, nullptr) != SQLITE_OK) return false;
    *log_pages_ = 0;
    return true;
}

} // namespace latchkey
