// The site-wide roles as text (contract 6.1). Constant data, any thread.
#pragma once

#include "storage/records.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct site_role {
    role which;
    std::string_view name;         // on the wire
    std::string_view display_name; // for people
};

inline constexpr std::array<site_role, 4> site_roles{{
    {role::auditor, "auditor", "Auditor"},
    {role::owner, "owner", "Owner"},
    {role::template_admin, "template-admin", "Template Admin"},
    {role::user_admin, "user-admin", "User Admin"},
}};

// Exact, lower case. "member" is none: every user is one.
std::optional<role> parse_role(std::string_view name) noexcept;

// Names in alphabetical order.
std::vector<std::string_view> names_of(role_set roles);

} // namespace latchkey
