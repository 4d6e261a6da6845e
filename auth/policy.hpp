// The one function that decides who may do what (contract section 6).
#pragma once

#include "auth/principal.hpp"
#include "auth/scope.hpp"

#include <optional>
#include <string_view>

namespace latchkey {

// What is acted upon. `owner`: the user it belongs to; a user belongs to itself. `id`: nothing for objects
// that have none yet (create), or whose id is not a UUID (keys): then only type:* entries of an allow list
// match.
struct object {
    resource_type type{};
    std::optional<uuid> owner;
    std::optional<uuid> id;
};

// What the roles of `account` allow on `what`, before scopes and allow list narrow it.
bool roles_permit(const user& account, action wanted, const object& what) noexcept;

// roles, and the key's scopes, and its allow list. Nobody may act as or for a system user.
bool permits(const principal& caller, action wanted, const object& what) noexcept;

} // namespace latchkey
