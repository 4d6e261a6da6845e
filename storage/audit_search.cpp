#include "storage/audit_search.hpp"

#include "storage/audit_json.hpp"

#include <algorithm>
#include <cstring>

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

std::string lower_case(std::string text)
{
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    return text;
}

void audit_search::look_through(audit_columns::snapshot rows)
{
    snapshots_.push_back(std::move(rows));
}

template <class Take>
void audit_search::for_each(const audit_row_filter& filter, Take take) const
{
    std::size_t older = 0;
    for (const auto& rows : snapshots_)
        older += rows.rows;

    for (auto rows = snapshots_.rbegin(); rows != snapshots_.rend(); ++rows) {
        for (std::size_t at = rows->rows; at-- > 0;) {
            --older;
            const auto& chunk = *rows->chunks[at / audit_columns::chunk_rows];
            const std::size_t row = at % audit_columns::chunk_rows;
            if (filter.admits(chunk, row) && !take(position{&chunk, row}, older)) return;
        }
    }
}

audit_page audit_search::run(const audit_query& query, const audit_row_filter& filter)
{
    is_gone_ = sources_.gone();
    audit_page page;
    std::size_t skip = query.offset;
    const std::size_t limit = std::min(query.limit, page_limit);
    // Rows that have fewer older ones than the page may begin with.
    std::size_t begin = SIZE_MAX;
    if (query.after_id) begin = find_age(*query.after_id).value_or(0);

    for_each(filter, [&](position at, std::size_t older) {
        if (!confirms(at, query)) return true;
        page.count = std::min(page.count + 1, audit_count_cap);
        const bool is_behind = older < begin;
        if (is_behind && skip > 0) {
            --skip;
        } else if (is_behind && page.entries.size() < limit) {
            if (const audit_line* line = read(at)) page.entries.push_back(to_entry(*line));
        }
        return page.count < audit_count_cap || page.entries.size() < limit;
    });
    return page;
}

// How many entries are older than the one with this id.
std::optional<std::size_t> audit_search::find_age(const uuid& id)
{
    audit_row_filter by_id;
    by_id.id_hash = hash_of(id);
    std::optional<std::size_t> age;
    for_each(by_id, [&](position at, std::size_t older) {
        const audit_line* line = read(at);
        if (line != nullptr && line->id == id) age = older;
        return !age.has_value();
    });
    return age;
}

// The index holds only hashes of targets and request ids, and may point into a file that is gone.
bool audit_search::confirms(position at, const audit_query& query)
{
    if (is_gone_[at.chunk->file[at.row]]) return false;
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
