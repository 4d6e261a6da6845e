// An audit log over a store that keeps its lines, which the test plays.
#pragma once

#include "tests/storage/audit_fixture.hpp"

#include <algorithm>
#include <mutex>

namespace latchkey::test {

class listening_keeper final : public audit_line_keeper {
public:
    std::vector<std::string> found; // what take_audit_lines returns
    error_code verdict;             // of audit_lines_kept
    int asked = 0;                  // audit_lines_kept

    void keep_audit_lines(std::string_view lines) override
    {
        const std::lock_guard hold{mutex_};
        kept_ += lines;
    }
    task<error_code> audit_lines_kept() override
    {
        ++asked;
        co_return verdict;
    }
    void release_audit_lines() override
    {
        const std::lock_guard hold{mutex_};
        ++releases_;
    }
    std::vector<std::string> take_audit_lines() override { return std::exchange(found, {}); }

    std::string kept() const
    {
        const std::lock_guard hold{mutex_};
        return kept_;
    }
    int releases() const
    {
        const std::lock_guard hold{mutex_};
        return releases_;
    }

private:
    mutable std::mutex mutex_;
    std::string kept_;
    int releases_ = 0;
};

struct kept_fixture : audit_fixture {
    listening_keeper keeper;

    kept_fixture()
    {
        options.keeper = &keeper;
        options.kept_interval = std::chrono::hours{1}; // not in this test
    }
    ~kept_fixture() { close(); }

    std::uint64_t synced_seq() const { return read_audit_head(path)->value().seq; }
    std::string head_path() const { return head_name(path); }
};

inline audit_entry entry_without_act(int n)
{
    audit_entry entry = numbered_entry(n);
    entry.outcome = "refused";
    return entry;
}

// A log of five entries as a power loss leaves it, of which nothing had been synced: `lost` last ones are
// gone.
inline std::vector<std::string> lose_power(kept_fixture& audit, std::size_t lost)
{
    audit.open();
    audit.append_numbered(1, 5);
    const std::string head = read_all(audit.head_path());
    const std::vector<std::string> lines = lines_of(audit.path);
    audit.close();
    std::string left;
    for (std::size_t index = 0; index + lost < lines.size(); ++index)
        left += lines[index] + '\n';
    write_all(audit.path, left);
    write_all(audit.head_path(), head);
    return lines;
}

inline std::size_t lines_with(const std::vector<std::string>& lines, const std::string& part)
{
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) != line.npos; }));
}

} // namespace latchkey::test
