// The one function that decides who may do what (contract section 6).
#pragma once

#include "auth/principal.hpp"
#include "auth/scope.hpp"

#include <optional>
#include <string_view>

namespace latchkey {

// The built-in system user (design.md 5, contract A18): owns what the server does for itself.
inline constexpr uuid system_user_id{
    {0xc4, 0x2f, 0xdf, 0x75, 0x30, 0x97, 0x47, 0x1c, 0x8c, 0x33, 0xfb, 0x52, 0x45, 0x4d, 0x81, 0xc0}};

// What is acted upon. `owner`: the user it belongs to; a user belongs to itself. `id`: nothing for objects
// that have none yet (create), or whose id is not a UUID (keys): then only type:* entries of an allow list
// match. Without `owner` the question is about such objects of anybody at all.
struct object {
    resource_type type{};
    std::optional<uuid> owner;
    std::optional<uuid> id;
};

inline object object_of(const user& one) noexcept
{
    return {resource_type::user, one.id, one.id};
}

// A key of the owner's. It has no UUID: only `api_key:*` and `*:*` of an allow list match it.
inline object key_of(std::optional<uuid> owner) noexcept
{
    return {resource_type::api_key, owner, std::nullopt};
}

// What the roles of `account` allow on `what`, before scopes and allow list narrow it.
bool roles_permit(const user& account, action wanted, const object& what) noexcept;

// roles, and the key's scopes, and its allow list. Nobody may act as a system user, or change what is its.
bool permits(const principal& caller, action wanted, const object& what) noexcept;

// Has the owner's role, and a key that is short of nothing: only such a caller makes owners or changes them
// (contract 6.1). With less, a scope for some action on users would be the way to all rights.
bool acts_as_owner(const principal& caller) noexcept;

} // namespace latchkey
