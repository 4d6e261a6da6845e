// One search of the audit log over snapshots of its index. Lives as long as the search, on one worker thread.
#pragma once

#include "storage/audit_columns.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_sources.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

std::uint64_t hash_of(const uuid& id) noexcept;
std::uint32_t target_hash_of(std::string_view target) noexcept; // 0 for an empty one only
std::string lower_case(std::string text);                       // ASCII only, as usernames are compared

class audit_search {
public:
    // A page holds no more, whatever the query asks for.
    static constexpr std::size_t page_limit = 1000;

    explicit audit_search(audit_sources& sources) : sources_{sources} {}

    // Snapshots are given oldest first.
    void look_through(audit_columns::snapshot rows);

    // `filter` is what of `query` the index can tell. Entries whose file is gone are passed over.
    audit_page run(const audit_query& query, const audit_row_filter& filter);

    // A line that is not what the index says it is was passed over.
    bool has_met_damage() const { return has_met_damage_; }

private:
    struct position { // of a row
        const audit_columns::chunk* chunk = nullptr;
        std::size_t row = 0;
    };

    // Calls take(position, number of rows older than it) for each row that the filter admits, newest first,
    // until it returns false.
    template <class Take>
    void for_each(const audit_row_filter& filter, Take take) const;

    std::optional<std::size_t> find_age(const uuid& id);
    bool confirms(position at, const audit_query& query);
    const audit_line* read(position at);

    audit_sources& sources_;
    std::vector<audit_columns::snapshot> snapshots_;
    std::vector<bool> is_gone_; // by number of the file
    bool has_met_damage_ = false;

    // Rows are visited file by file, so one open file at a time will do.
    std::optional<std::uint32_t> open_number_;
    std::optional<file_descriptor> open_file_;
    std::string text_;
    std::optional<audit_line> line_; // points into text_
};

} // namespace latchkey
