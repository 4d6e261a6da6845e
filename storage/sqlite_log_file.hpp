// How SQLite's write-ahead log reaches the disk: a virtual file system of SQLite (sqlite3_vfs) that differs
// from the default one in the files of such logs alone. SQLite writes a transaction in two small pieces a
// page, at the end of a file that grows; here the pieces are gathered and written together, and the file
// grows ahead of them, in zeros, so that a sync seldom has to write what the file system notes about it.
// Both pay in `./dev bench create`.
//
// What a log has to hold does not change: it reads back what was written, a sync writes all of it first, and
// SQLite takes the zeros behind the last transaction for the log's end, as it does the rest of an older log.
// A piece that cannot be written fails whatever writes the gathered ones, at the latest the sync; with it
// fails the transaction, as after a failed write. Zeros take a megabyte at most, and nothing where there is
// no room.
//
// For a database in exclusive locking mode: what is gathered, others would not see.
#pragma once

namespace latchkey {

// Its name, for sqlite3_open_v2; the first call registers it. Null, which stands for the default one: it
// cannot be registered. Any thread.
const char* sqlite_log_file_system() noexcept;

} // namespace latchkey
