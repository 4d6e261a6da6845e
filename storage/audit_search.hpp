// One search of the audit log over snapshots of its index. Lives as long as the search, on one worker thread.
#pragma once

#include "storage/audit_columns.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_sources.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

std::uint64_t hash_of(const uuid& id) noexcept;
std::uint32_t target_hash_of(std::string_view target) noexcept; // 0 for an empty one only

// What comes first in an answer.
enum class audit_order {
    age,  // what was written last
    time, // what happened last, then by a hash of the id: the same for all servers that have the same entries
};

class audit_search {
public:
    // A page holds no more, whatever the query asks for.
    static constexpr std::size_t page_limit = 1000;

    audit_search(audit_sources& sources, audit_order order) : sources_{sources}, order_{order} {}

    // Snapshots are given oldest first. Ordered by time, an entry that occurs in several counts once.
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

    // Where a row stands in the order; the greater is the newer one.
    struct place {
        std::int64_t first = 0;   // the number of rows older than it, or its time
        std::uint64_t second = 0; // nothing, or the hash of its id

        auto operator<=>(const place&) const = default;
    };

    // A row that is to be visited in its turn.
    struct candidate {
        place where;
        position at;
    };

    // Each calls take(position, place) for the rows that the filter admits, newest first, until it returns
    // false.
    template <class Take>
    void for_each(const audit_row_filter& filter, Take take) const;
    template <class Take>
    void for_each_by_age(const audit_row_filter& filter, Take take) const;
    template <class Take>
    void for_each_by_time(const audit_row_filter& filter, Take take) const;

    std::optional<place> find_place(const uuid& id);
    bool confirms(position at, const audit_query& query);
    const audit_line* read(position at);

    audit_sources& sources_;
    const audit_order order_;
    std::vector<audit_columns::snapshot> snapshots_;
    std::vector<bool> is_gone_; // by number of the file
    bool has_met_damage_ = false;

    // Rows are visited file by file, so one open file at a time will do.
    std::optional<std::uint32_t> open_number_;
    std::optional<file_descriptor> open_file_;
    std::string text_;
    std::optional<audit_line> line_; // points into text_, or into a snapshot
};

} // namespace latchkey
