#include "storage/audit_columns.hpp"

#include <algorithm>
#include <utility>

namespace latchkey {

void audit_columns::add(const audit_row& row)
{
    const std::size_t at = rows_ % chunk_rows;
    // Not cleared: pages of a chunk that is not filled yet are never touched.
    if (at == 0) {
        chunks_.push_back(std::shared_ptr<chunk>{std::make_unique_for_overwrite<chunk>()});
        latest_.push_back(row.time);
    }
    latest_.back() = std::max(latest_.back(), row.time);

    chunk& into = *chunks_.back();
    into.offset[at] = row.offset;
    into.id_hash[at] = row.id_hash;
    into.request_hash[at] = row.request_hash;
    into.time[at] = row.time;
    into.length[at] = row.length;
    into.file[at] = row.file;
    into.username[at] = row.username;
    into.email[at] = row.email;
    into.resource_id[at] = row.resource_id;
    into.target_hash[at] = row.target_hash;
    into.action[at] = row.action;
    into.resource_type[at] = row.resource_type;
    ++rows_;
}

audit_columns::snapshot audit_columns::take_snapshot() const
{
    return {{chunks_.begin(), chunks_.end()}, latest_, rows_};
}

void audit_columns::add(const audit_row& row, std::string line)
{
    add(row);
    chunk& into = *chunks_.back();
    if (!into.lines) into.lines = std::make_unique<std::array<std::string, chunk_rows>>();
    (*into.lines)[(rows_ - 1) % chunk_rows] = std::move(line);
}

void audit_columns::drop_first_chunk()
{
    chunks_.erase(chunks_.begin());
    latest_.erase(latest_.begin());
    rows_ -= chunk_rows;
}

} // namespace latchkey
