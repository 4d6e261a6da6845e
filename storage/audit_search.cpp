#include "storage/audit_search.hpp"

#include "storage/audit_json.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace latchkey {

std::uint64_t hash_of(const uuid& id) noexcept
{
    std::uint64_t halves[2];
    std::memcpy(halves, id.begin(), sizeof halves);
    return halves[0] ^ halves[1];
}

std::uint32_t target_hash_of(std::string_view target) noexcept
{
    if (target.empty()) return 0;
    const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(target));
    return hash == 0 ? 1 : hash;
}

void audit_search::look_through(audit_columns::snapshot rows)
{
    snapshots_.push_back(std::move(rows));
}

template <class Take>
void audit_search::for_each(const audit_row_filter& filter, Take take) const
{
    if (order_ == audit_order::age)
        for_each_by_age(filter, std::move(take));
    else
        for_each_by_time(filter, std::move(take));
}

template <class Take>
void audit_search::for_each_by_age(const audit_row_filter& filter, Take take) const
{
    std::size_t older = 0;
    for (const auto& rows : snapshots_)
        older += rows.rows;

    for (auto rows = snapshots_.rbegin(); rows != snapshots_.rend(); ++rows) {
        for (std::size_t at = rows->rows; at-- > 0;) {
            --older;
            const auto& chunk = *rows->chunks[at / audit_columns::chunk_rows];
            const std::size_t row = at % audit_columns::chunk_rows;
            const place where{static_cast<std::int64_t>(older), 0};
            if (filter.admits(chunk, row) && !take(position{&chunk, row}, where)) return;
        }
    }
}

// Rows stand nearly in the order of their times: but for clocks that were set back, and for what other
// servers wrote. So of all the chunks the rows of only a few wait at a time.
template <class Take>
void audit_search::for_each_by_time(const audit_row_filter& filter, Take take) const
{
    struct part {
        const audit_columns::chunk* chunk;
        std::size_t rows;
        std::int64_t latest;
    };
    std::vector<part> parts;
    for (const auto& rows : snapshots_) {
        for (std::size_t index = 0; index < rows.chunks.size(); ++index) {
            const std::size_t begin = index * audit_columns::chunk_rows;
            const std::size_t count = std::min(rows.rows - begin, audit_columns::chunk_rows);
            parts.push_back({rows.chunks[index].get(), count, rows.latest[index]});
        }
    }
    std::ranges::sort(parts, std::greater<>{}, &part::latest);

    // Of two rows for one entry, that of a file comes first: the file is the truth.
    const auto is_visited_later = [](const candidate& one, const candidate& other) {
        if (one.where != other.where) return one.where < other.where;
        return one.at.chunk->lines && !other.at.chunk->lines;
    };
    std::vector<candidate> waiting; // the next to be visited is the last
    auto next = parts.begin();
    while (true) {
        const auto known = static_cast<std::ptrdiff_t>(waiting.size());
        std::int64_t newest = waiting.empty() ? INT64_MIN : waiting.back().where.first;
        for (; next != parts.end() && newest <= next->latest; ++next) {
            const audit_columns::chunk& chunk = *next->chunk;
            for (std::size_t row = 0; row < next->rows; ++row) {
                if (!filter.admits(chunk, row)) continue;
                waiting.push_back({{chunk.time[row], chunk.id_hash[row]}, {&chunk, row}});
                newest = std::max(newest, chunk.time[row]);
            }
        }
        std::sort(waiting.begin() + known, waiting.end(), is_visited_later);
        std::inplace_merge(waiting.begin(), waiting.begin() + known, waiting.end(), is_visited_later);
        if (waiting.empty()) return;

        // No row of the parts that follow is newer than these.
        const std::int64_t latest = next == parts.end() ? INT64_MIN : next->latest;
        while (!waiting.empty() && (next == parts.end() || waiting.back().where.first > latest)) {
            const candidate newest_one = waiting.back();
            waiting.pop_back();
            if (!take(newest_one.at, newest_one.where)) return;
        }
    }
}

audit_page audit_search::run(const audit_query& query, const audit_row_filter& filter)
{
    is_gone_ = sources_.gone();
    audit_page page;
    std::size_t skip = query.offset;
    const std::size_t limit = std::min(query.limit, page_limit);
    // The page begins behind this place; nothing: with the newest.
    std::optional<place> begin;
    if (query.after_id) begin = find_place(*query.after_id).value_or(place{INT64_MIN, 0});

    std::optional<place> last;
    for_each(filter, [&](position at, place where) {
        if (where == last || !confirms(at, query)) return true;
        last = where;
        page.count = std::min(page.count + 1, audit_count_cap);
        const bool is_behind = !begin || where < *begin;
        if (is_behind && skip > 0) {
            --skip;
        } else if (is_behind && page.entries.size() < limit) {
            if (const audit_line* line = read(at)) page.entries.push_back(to_entry(*line));
        }
        return page.count < audit_count_cap || page.entries.size() < limit;
    });
    return page;
}

std::optional<audit_search::place> audit_search::find_place(const uuid& id)
{
    audit_row_filter by_id;
    by_id.id_hash = hash_of(id);
    std::optional<place> found;
    for_each(by_id, [&](position at, place where) {
        const audit_line* line = read(at);
        if (line != nullptr && line->id == id) found = where;
        return !found.has_value();
    });
    return found;
}

// The index holds only hashes of targets and request ids, and may point into a file that is gone.
bool audit_search::confirms(position at, const audit_query& query)
{
    if (!at.chunk->lines && is_gone_[at.chunk->file[at.row]]) return false;
    const bool has_target = query.resource_target && !query.resource_target->empty();
    if (!has_target && !query.request_id) return true;
    const audit_line* line = read(at);
    if (line == nullptr) return false;
    if (query.request_id && line->request_id != *query.request_id) return false;
    return !has_target ||
           lower_case(unescape_json_text(line->resource_target)) == lower_case(*query.resource_target);
}

// Null: the file is gone, or the line is not the one that was indexed.
const audit_line* audit_search::read(position at)
{
    line_.reset();
    if (at.chunk->lines) {
        line_ = scan_unchained_line((*at.chunk->lines)[at.row]);
        return line_ ? &*line_ : nullptr;
    }
    const std::uint32_t number = at.chunk->file[at.row];
    if (open_number_ != number) {
        open_number_ = number;
        open_file_ = sources_.open(number);
        if (!open_file_) is_gone_[number] = true;
    }
    if (!open_file_) return nullptr;

    text_.resize(at.chunk->length[at.row]);
    const auto count = read_at(*open_file_, text_.data(), text_.size(), at.chunk->offset[at.row]);
    if (count && *count == text_.size()) line_ = scan_audit_line(text_);
    if (line_ && hash_of(line_->id) == at.chunk->id_hash[at.row]) return &*line_;
    has_met_damage_ = true;
    return nullptr;
}

} // namespace latchkey
