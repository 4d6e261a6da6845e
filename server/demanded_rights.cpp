#include "server/demanded_rights.hpp"

#include "auth/allow_list.hpp"
#include "auth/scope.hpp"
#include "server/path.hpp"

#include <algorithm>

namespace latchkey {
namespace {

// scope-token of RFC 6749 3.3: printable ASCII but for the quote and the backslash.
bool fits_challenge(char c) noexcept
{
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
}

bool meets_scope(const permission_set& held, std::string_view name) noexcept
{
    const std::optional<permission_set> wanted = expand(name);
    return wanted && held.covers(*wanted);
}

bool meets_object(const key_rights& held, std::string_view entry)
{
    const checked<allow_entry> wanted = parse_allow_entry(entry);
    return wanted && permits(held.allow_list, *wanted);
}

} // namespace

missing_right::missing_right(kind what, std::string_view name) noexcept
    : what_{what},
      size_{std::min(name.size(), max_name_length)}
{
    std::transform(name.begin(), name.begin() + size_, name_.begin(), [](char c) {
        return fits_challenge(c) ? c : '?';
    });
}

std::optional<missing_right> find_missing_right(std::string_view query, const key_rights& held)
{
    if (query.empty()) return std::nullopt;
    std::array<char, 128> space; // longer than any scope or allow-list entry can be

    query_reader scopes{query};
    std::optional<permission_set> permissions;
    while (scopes.next("scope")) {
        if (!permissions) permissions = permissions_of(held.scopes);
        const auto name = percent_decode(scopes.raw_value(), space, plus_sign::space);
        if (!name || !meets_scope(*permissions, *name)) {
            return missing_right{missing_right::kind::scope, name.value_or(std::string_view{})};
        }
    }

    query_reader objects{query};
    while (objects.next("allow")) {
        const auto entry = percent_decode(objects.raw_value(), space, plus_sign::space);
        if (!entry || !meets_object(held, *entry)) {
            return missing_right{missing_right::kind::object, entry.value_or(std::string_view{})};
        }
    }
    return std::nullopt;
}

} // namespace latchkey
