#include "storage/sqlite_kept_lines.hpp"

#include "storage/sqlite_schema.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t row_bytes = 16 * 1024; // a row with a longer line is as long as that

// As many whole lines from the beginning of `lines` as fit into `room` bytes.
std::size_t fitting(std::string_view lines, std::size_t room)
{
    if (lines.size() <= room) return lines.size();
    const std::size_t last = lines.substr(0, room).rfind('\n');
    return last == lines.npos ? 0 : last + 1;
}

void split(std::string_view text, std::vector<std::string>& into)
{
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
        into.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
}

} // namespace

open_result<sqlite_kept_lines> sqlite_kept_lines::prepare(sqlite_database& database)
{
    sqlite_kept_lines kept;
    kept.write_row_ = database.prepare("INSERT INTO kept_audit_lines (row, lines) VALUES (?1, ?2) "
                                       "ON CONFLICT (row) DO UPDATE SET lines = excluded.lines");
    kept.delete_rows_ = database.prepare("DELETE FROM kept_audit_lines");
    sqlite_statement read = database.prepare("SELECT lines FROM kept_audit_lines");
    const bool is_ready = sqlite_database::is_ready(kept.write_row_) &&
                          sqlite_database::is_ready(kept.delete_rows_) && sqlite_database::is_ready(read);
    if (!is_ready) return damaged_file(database, database.problem());

    auto outcome = read.step();
    for (; outcome == sqlite_statement::step_outcome::row; outcome = read.step())
        split(read.text(0), kept.found_);
    if (outcome == sqlite_statement::step_outcome::failed)
        return unusable_file(database, "reading the audit log's lines");
    kept.has_rows_ = !kept.found_.empty();
    kept.has_found_rows_ = kept.has_rows_;
    kept.go_to(0);
    kept.current_.is_needed = kept.has_rows_;
    kept.durable_ = kept.current_;
    return kept;
}

std::vector<std::string> sqlite_kept_lines::take_found()
{
    return std::exchange(found_, {});
}

bool sqlite_kept_lines::write(std::string_view lines)
{
    if (current_.must_clear && !clear()) return false;
    while (!lines.empty()) {
        std::size_t fits = fitting(lines, row_bytes - std::min(current_.used, row_bytes));
        if (fits == 0 && current_.used != 0) {
            go_to(current_.row + 1);
            continue;
        }
        if (fits == 0) fits = lines.find('\n') + 1;
        add(lines.substr(0, fits));
        lines.remove_prefix(fits);
        write_row_.bind(1, current_.row);
        write_row_.bind_bytes(2, current_.text.data(), current_.text.size());
        if (!write_row_.run()) return false;
    }
    return true;
}

void sqlite_kept_lines::go_to(std::int64_t row)
{
    current_.row = row;
    current_.text.assign(row_bytes, '\0');
    current_.used = 0;
}

void sqlite_kept_lines::add(std::string_view lines)
{
    current_.text.resize(std::max(row_bytes, current_.used + lines.size()));
    std::copy(lines.begin(), lines.end(), current_.text.begin() + static_cast<std::ptrdiff_t>(current_.used));
    current_.used += lines.size();
    current_.is_needed = true;
}

void sqlite_kept_lines::settle(bool is_durable)
{
    if (!is_durable) {
        current_ = durable_;
        return;
    }
    has_rows_ = has_rows_ || current_.is_needed;
    durable_ = current_;
}

void sqlite_kept_lines::start_over()
{
    go_to(0);
    current_.is_needed = false;
    current_.must_clear = current_.must_clear || std::exchange(has_found_rows_, false);
    durable_ = current_;
}

bool sqlite_kept_lines::clear()
{
    if (!delete_rows_.run()) return false;
    current_.must_clear = false;
    return true;
}

} // namespace latchkey
