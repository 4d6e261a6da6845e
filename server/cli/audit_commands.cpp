// audit list|follow.
#include "server/cli/commands.hpp"
#include "server/cli/text_table.hpp"

#include <algorithm>
#include <iostream>
#include <set>
#include <thread>

namespace latchkey::cli {
namespace {

constexpr std::size_t page_size = 100;
constexpr std::chrono::milliseconds poll_interval{1000};
constexpr std::size_t remembered = 4096; // entries that are told from new ones

json::array
entries_of(const server_client& client, const std::string& query, std::size_t limit, std::size_t offset)
{
    const json::value answer =
        client.call("GET",
                    "/api/v2/audit?limit=" + std::to_string(limit) + "&offset=" + std::to_string(offset) +
                        "&q=" + percent_encoded(query));
    const auto* const object = answer.if_object();
    const json::value* const entries = object ? object->if_contains("audit_logs") : nullptr;
    if (!entries || !entries->is_array())
        throw command_failure{ending::failed, "the server's answer holds no audit entries"};
    return entries->get_array();
}

text_row row_of(const json::value& entry)
{
    const auto* const user = entry.as_object().if_contains("user");
    const std::string actor = user ? text_of(*user, "username") : std::string{};
    std::string when = text_of(entry, "time").substr(0, 19);
    if (when.size() > 10) when[10] = ' ';
    return {when,
            actor.empty() ? "-" : actor,
            text_of(entry, "action"),
            text_of(entry, "resource_type"),
            text_of(entry, "resource_target"),
            text_of(entry, "status_code")};
}

// Entries are printed as they come, so columns have fixed least widths.
void print_entry(const json::value& entry, bool as_json)
{
    constexpr std::size_t widths[] = {19, 12, 8, 8, 20, 3};
    if (as_json) {
        std::cout << json_line(entry) << std::flush;
        return;
    }
    const text_row row = row_of(entry);
    std::string line;
    for (std::size_t at = 0; at < row.size(); ++at) {
        const std::string cell = printable(row[at]);
        line += cell;
        if (at + 1 < row.size())
            line.append(cell.size() < widths[at] ? widths[at] - cell.size() + 2 : 2, ' ');
    }
    std::cout << line << std::endl;
}

// Oldest first: what has come since the last call. Newest-first pages are read until one holds what is known.
class entry_follower {
public:
    entry_follower(const server_client& client, std::string query) : client_{client}, query_{std::move(query)}
    {}

    std::vector<json::value> begin_with(std::size_t lines)
    {
        std::vector<json::value> fresh;
        for (json::value& entry : entries_of(client_, query_, page_size, 0)) {
            remember(entry);
            if (fresh.size() < lines) fresh.push_back(std::move(entry));
        }
        is_empty_ = order_.empty();
        std::reverse(fresh.begin(), fresh.end());
        return fresh;
    }

    std::vector<json::value> fresh_entries()
    {
        std::vector<json::value> fresh;
        bool meets_known = false;
        for (std::size_t offset = 0; !meets_known; offset += page_size) {
            json::array page = entries_of(client_, query_, page_size, offset);
            for (json::value& entry : page) {
                if (known_.contains(text_of(entry, "id")))
                    meets_known = true;
                else if (!meets_known)
                    fresh.push_back(std::move(entry));
            }
            if (page.size() < page_size) break;
            if (is_empty_ && offset > remembered) break;
        }
        std::reverse(fresh.begin(), fresh.end());
        for (const json::value& entry : fresh)
            remember(entry);
        return drop_repeated(std::move(fresh));
    }

private:
    // Entries that come while pages are read push others onto the next page.
    static std::vector<json::value> drop_repeated(std::vector<json::value> entries)
    {
        std::set<std::string> seen;
        std::erase_if(entries,
                      [&](const json::value& entry) { return !seen.insert(text_of(entry, "id")).second; });
        return entries;
    }

    void remember(const json::value& entry)
    {
        if (!known_.insert(text_of(entry, "id")).second) return;
        order_.push_back(text_of(entry, "id"));
        if (order_.size() <= remembered) return;
        known_.erase(order_.front());
        order_.erase(order_.begin());
    }

    const server_client& client_;
    const std::string query_;
    std::set<std::string> known_;
    std::vector<std::string> order_;
    bool is_empty_ = false;
};

} // namespace

ending list_audit(const invocation& given)
{
    const server_client client{given};
    const std::size_t limit = parse_number(given.value("limit", "25"), "limit");
    const json::array entries = entries_of(client, given.value("query"), limit, 0);
    if (given.wants_json()) {
        std::cout << json_line(entries);
        return ending::done;
    }
    std::vector<text_row> rows{{"TIME (UTC)", "WHO", "ACTION", "WHAT", "TARGET", "STATUS"}};
    for (const json::value& entry : entries)
        rows.push_back(row_of(entry));
    std::cout << table_text(rows);
    return ending::done;
}

ending follow_audit(const invocation& given)
{
    const server_client client{given};
    const std::size_t lines = std::min(parse_number(given.value("lines", "10"), "lines"), page_size);
    const std::size_t most = given.has("count") ? parse_number(given.value("count"), "count") : 0;
    entry_follower follower{client, given.value("query")};
    std::size_t printed = 0;
    for (std::vector<json::value> fresh = follower.begin_with(lines);; fresh = follower.fresh_entries()) {
        for (const json::value& entry : fresh) {
            print_entry(entry, given.wants_json());
            if (!std::cout) return ending::failed; // nobody reads any more
            if (++printed == most) return ending::done;
        }
        std::this_thread::sleep_for(poll_interval);
    }
}

} // namespace latchkey::cli
