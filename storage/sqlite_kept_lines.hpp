// Lines of the audit log in the database file (audit_line_keeper.hpp), written in the transaction of the
// changes they tell of. They fill rows of one size that are overwritten in place, from the first one on
// whenever the log has been synced: a commit then writes the pages that have changed, and frees none
// (./dev bench create). Owned by the sqlite writer, used on its thread.
#pragma once

#include "storage/sqlite_database.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class sqlite_kept_lines {
public:
    // The database must outlive what is returned.
    static open_result<sqlite_kept_lines> prepare(sqlite_database& database);

    // What the rows held: whole lines, those that are needed and older ones. Empty from the second call on.
    std::vector<std::string> take_found();

    // Within every transaction of the caller's, `lines` may be empty. False: see sqlite_database::problem(),
    // and roll back.
    [[nodiscard]] bool write(std::string_view lines);

    // After that transaction, whether something was written in it or not.
    void settle(bool is_durable);

    // The log has been synced: what is there may be overwritten. Rows that were found when the file was
    // opened go with the next commit, since what they hold may be of another chain. Not within a transaction.
    void start_over();

    // Whether there are rows, none of which is needed any more.
    bool are_all_old() const noexcept { return !durable_.is_needed && has_rows_; }

    // Deletes all rows. False: as for write.
    [[nodiscard]] bool clear();

private:
    struct place {
        std::int64_t row = 0;
        std::string text;        // of the row: lines, and NULs up to its size
        std::size_t used = 0;    // of the text
        bool is_needed = false;  // what is written here, or in rows before
        bool must_clear = false; // before anything is written
    };

    sqlite_kept_lines() = default;

    void go_to(std::int64_t row);
    void add(std::string_view lines);

    sqlite_statement write_row_;
    sqlite_statement delete_rows_;
    std::vector<std::string> found_;
    place current_;
    place durable_; // current_ as it was after the last commit
    bool has_rows_ = false;
    bool has_found_rows_ = false; // and nothing has been released since
};

} // namespace latchkey
