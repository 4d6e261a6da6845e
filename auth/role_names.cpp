#include "auth/role_names.hpp"

namespace latchkey {

std::optional<role> parse_role(std::string_view name) noexcept
{
    for (const site_role& row : site_roles) {
        if (row.name == name) return row.which;
    }
    return std::nullopt;
}

std::vector<std::string_view> names_of(role_set roles)
{
    std::vector<std::string_view> names;
    for (const site_role& row : site_roles) {
        if (roles.has(row.which)) names.push_back(row.name);
    }
    return names;
}

} // namespace latchkey
