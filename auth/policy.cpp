#include "auth/policy.hpp"

#include "auth/allow_list.hpp"

namespace latchkey {
namespace {

using enum action;
using type = resource_type;

// Contract 6.1 and 6.2. A member holds `of_own` on what is his, and every user is a member; the other
// roles add what they hold on everybody's. The owner's role, which holds everything, needs no row.
constexpr permission_set of_own = permission_set{}
                                      .add(type::api_key, mask_of(any, create, read, update, delete_))
                                      .add(type::user, mask_of(read, read_personal, update_personal));

struct role_row {
    role which;
    permission_set of_all;
};

constexpr role_row roles[] = {
    {role::user_admin,
     permission_set{}
         .add(type::user, mask_of(any, create, read, read_personal, update, update_personal, delete_))
         .add(type::assign_role, mask_of(any, assign, read, unassign))},
    {role::template_admin, permission_set{}.add(type::user, mask_of(read))},
    {role::auditor, permission_set{}.add(type::user, mask_of(read)).add(type::audit_log, mask_of(read))},
};

} // namespace

bool roles_permit(const user& account, action wanted, const object& what) noexcept
{
    if (account.is_system) return false;
    if (what.owner == system_user_id && wanted != read) return false;
    if (account.roles.has(role::owner)) return true;
    if (what.owner == account.id && of_own.allows(what.type, wanted)) return true;
    for (const role_row& row : roles) {
        if (account.roles.has(row.which) && row.of_all.allows(what.type, wanted)) return true;
    }
    return false;
}

bool permits(const principal& caller, action wanted, const object& what) noexcept
{
    return roles_permit(caller.account(), wanted, what) &&
           caller.scope_permissions().allows(what.type, wanted) &&
           permits(caller.key().rights->allow_list, what.type, what.id);
}

bool acts_as_owner(const principal& caller) noexcept
{
    return caller.account().roles.has(role::owner) && caller.is_unrestricted();
}

} // namespace latchkey
