// Listing users: the `q` of contract 8.4, and paging.
#include "auth/role_names.hpp"
#include "auth/search_query.hpp"
#include "auth/user_service.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <array>

namespace latchkey {
namespace {

// Words of Coder that clients may send; those of things that do not exist here match nobody (A7, A8).
constexpr std::array<std::string_view, 3> known_statuses{"active", "dormant", "suspended"};
constexpr std::array<std::string_view, 6> known_logins{
    "password", "github", "oidc", "token", "none", "oauth2_provider_app"};

struct user_filter {
    std::optional<std::string> part_of_either; // of username or email
    std::optional<std::string> part_of_name;
    std::vector<std::string> statuses;
    std::vector<std::string> roles;
    std::vector<std::string> logins;
    std::optional<bool> is_service_account;
    std::optional<time_point> seen_after, seen_before, created_after, created_before;
    bool matches_nobody = false;
};

bool has_part(const std::string& whole, const std::string& part)
{
    return lower_case(whole).find(part) != std::string::npos;
}

bool holds(const std::vector<std::string>& words, std::string_view word)
{
    return words.empty() || std::find(words.begin(), words.end(), word) != words.end();
}

bool has_any_role(const user& candidate, const std::vector<std::string>& names)
{
    if (names.empty()) return true;
    return std::any_of(names.begin(), names.end(), [&candidate](const std::string& name) {
        const std::optional<role> wanted = parse_role(name);
        return wanted ? candidate.roles.has(*wanted) : name == "member";
    });
}

bool lies_between(time_point when,
                  const std::optional<time_point>& after,
                  const std::optional<time_point>& before) noexcept
{
    return (!after || when >= *after) && (!before || when <= *before);
}

bool matches(const user_filter& wanted, const user& candidate)
{
    if (wanted.matches_nobody) return false;
    if (wanted.part_of_either && !has_part(candidate.username, *wanted.part_of_either) &&
        !has_part(candidate.email, *wanted.part_of_either))
        return false;
    if (wanted.part_of_name && !has_part(candidate.name, *wanted.part_of_name)) return false;
    if (wanted.is_service_account && candidate.is_service_account != *wanted.is_service_account) return false;
    return holds(wanted.statuses, to_string(candidate.status)) &&
           holds(wanted.logins, to_string(candidate.login)) && has_any_role(candidate, wanted.roles) &&
           lies_between(candidate.last_seen_at, wanted.seen_after, wanted.seen_before) &&
           lies_between(candidate.created_at, wanted.created_after, wanted.created_before);
}

outcome<user_filter> parse_filter(std::string_view text)
{
    search_query query{text, "search"};
    user_filter wanted;
    wanted.part_of_either = query.lower("search");
    wanted.part_of_name = query.lower("name");
    wanted.statuses = query.words("status", known_statuses);
    wanted.roles = query.words("role", {});
    wanted.logins = query.words("login_type", known_logins);
    wanted.is_service_account = query.flag("service_account");
    wanted.seen_after = query.instant("last_seen_after");
    wanted.seen_before = query.instant("last_seen_before");
    wanted.created_after = query.instant("created_after");
    wanted.created_before = query.instant("created_before");
    wanted.matches_nobody = query.number("github_com_user_id").has_value();
    if (auto wrong = query.refused("Invalid user search query.")) return std::move(*wrong);
    return wanted;
}

// The page behind `after`; empty if that user is not among them.
std::vector<user> page_of(std::vector<user> all, const user_list_request& asked)
{
    auto first = all.begin();
    if (asked.after) {
        first = std::find_if(all.begin(), all.end(), [&](const user& one) { return one.id == *asked.after; });
        if (first != all.end()) ++first;
    }
    const auto behind = static_cast<std::size_t>(all.end() - first);
    first += static_cast<std::ptrdiff_t>(std::min(asked.offset, behind));
    all.erase(all.begin(), first);
    if (asked.limit != 0 && all.size() > asked.limit)
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(asked.limit), all.end());
    return all;
}

} // namespace

task<outcome<user_list>> user_service::list(principal caller, user_list_request asked, request_origin)
{
    const outcome<user_filter> wanted = parse_filter(asked.query);
    if (!wanted) co_return wanted.error();
    result<std::vector<user>> all = co_await store_.list_users();
    if (!all) co_return refusals::from_error(all.error(), "Internal error fetching users.");

    // Cut to those the caller may read, and refused to nobody: so there is nothing to record.
    std::erase_if(*all, [&](const user& candidate) {
        return !matches(*wanted, candidate) || !permits(caller, action::read, object_of(candidate));
    });
    user_list found;
    found.count = all->size();
    found.users = page_of(std::move(*all), asked);
    co_return found;
}

} // namespace latchkey
