// An audit log that keeps its entries where a test can look at them, and can be told to fail.
#pragma once

#include "storage/audit_json.hpp"
#include "storage/audit_log.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

// Fails the test when it is not what a line of the log may hold.
inline boost::json::object diff_of(const audit_entry& entry)
{
    if (entry.diff.empty()) return {};
    auto parsed = parse_json_object(entry.diff);
    REQUIRE(parsed);
    return std::move(*parsed);
}

class recording_audit final : public audit_log {
public:
    std::vector<audit_entry> entries;
    std::optional<audit_query> asked; // by the last search
    error_code fails_with;            // what append and search return, if it is set
    std::function<void()> meanwhile;  // what another request does while the first entry is written

    task<result<void>> append(audit_entry entry) override
    {
        if (fails_with) co_return fails_with;
        entries.push_back(std::move(entry));
        if (meanwhile) std::exchange(meanwhile, {})();
        co_return result<void>{};
    }

    task<result<audit_page>> search(audit_query query) override
    {
        asked = std::move(query);
        if (fails_with) co_return fails_with;
        audit_page page;
        page.entries.assign(entries.rbegin(), entries.rend());
        page.count = entries.size();
        co_return page;
    }

    audit_health health() const override { return {}; }

    const audit_entry& last() const { return entries.at(entries.size() - 1); }
};

} // namespace latchkey::test
