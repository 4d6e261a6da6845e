#include "auth/policy.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using type = resource_type;

namespace {

enum class whose { own, others, everybodys, systems };

struct right {
    role_set roles;
    type resource;
    action wanted;
    whose of;
    bool expected;
    const char* reason;
};

constexpr role_set member{};

const right rights[] = {
    {member, type::api_key, action::create, whose::own, true, "6.1: all on own keys"},
    {member, type::api_key, action::read, whose::own, true, "6.1"},
    {member, type::api_key, action::update, whose::own, true, "6.1"},
    {member, type::api_key, action::delete_, whose::own, true, "6.1"},
    {member, type::api_key, action::read, whose::others, false, "6.1: nothing on others' keys"},
    {member, type::api_key, action::read, whose::everybodys, false, "6.2: include_all is cut to his own"},
    {member, type::user, action::read, whose::own, true, "he sees himself"},
    {member, type::user, action::update_personal, whose::own, true, "his own password"},
    {member, type::user, action::read, whose::others, false, "6.2: 404 at {user}"},
    {member, type::user, action::update, whose::own, false, "status and name are an administrator's"},
    {member, type::user, action::delete_, whose::own, false, "nobody deletes himself"},
    {member, type::user, action::create, whose::everybodys, false, "8.4: 403"},
    {member, type::audit_log, action::read, whose::everybodys, false, "7.2: owner and auditor only"},
    {member, type::assign_role, action::assign, whose::own, false, "roles are given by others"},
    {member, type::workspace, action::read, whose::own, false, "A8: there are none here"},
    {role::user_admin, type::user, action::create, whose::everybodys, true, "his office"},
    {role::user_admin, type::user, action::read, whose::others, true, "6.1: resolves others"},
    {role::user_admin, type::user, action::update, whose::others, true, "suspends and activates"},
    {role::user_admin, type::user, action::delete_, whose::others, true, "his office"},
    {role::user_admin, type::user, action::update_personal, whose::others, true, "resets passwords"},
    {role::user_admin, type::assign_role, action::assign, whose::others, true, "gives that of a member"},
    {role::user_admin, type::api_key, action::create, whose::others, false, "6.1: nothing on others' keys"},
    {role::user_admin, type::api_key, action::read, whose::others, false, "6.1"},
    {role::user_admin, type::audit_log, action::read, whose::everybodys, false, "7.2"},
    {role::template_admin, type::user, action::read, whose::others, true, "6.1: resolves others"},
    {role::template_admin, type::user, action::update, whose::others, false, "reads only"},
    {role::template_admin, type::api_key, action::read, whose::others, false, "6.1"},
    {role::template_admin, type::audit_log, action::read, whose::everybodys, false, "7.2"},
    {role::auditor, type::user, action::read, whose::others, true, "6.1: resolves others"},
    {role::auditor, type::user, action::delete_, whose::others, false, "reads only"},
    {role::auditor, type::audit_log, action::read, whose::everybodys, true, "7.2"},
    {role::auditor, type::api_key, action::read, whose::others, false, "6.1"},
    {role::owner, type::api_key, action::create, whose::others, true, "6.1: everything"},
    {role::owner, type::api_key, action::read, whose::everybodys, true, "6.2: everyone's"},
    {role::owner, type::api_key, action::delete_, whose::others, true, "6.1"},
    {role::owner, type::user, action::delete_, whose::others, true, "6.1"},
    {role::owner, type::audit_log, action::read, whose::everybodys, true, "7.2"},
    {role::owner, type::assign_role, action::assign, whose::others, true, "6.1"},
    {role::owner, type::api_key, action::create, whose::systems, false, "A18: for everyone"},
    {role::owner, type::user, action::delete_, whose::systems, false, "the server needs it"},
    {role::owner, type::user, action::read, whose::systems, true, "so that creating answers 403, not 404"},
};

object object_of(type resource, whose of, const user& caller)
{
    switch (of) {
    case whose::own: return {resource, caller.id, std::nullopt};
    case whose::others: return {resource, random_uuid(), std::nullopt};
    case whose::systems: return {resource, system_user_id, std::nullopt};
    case whose::everybodys: break;
    }
    return {resource, std::nullopt, std::nullopt};
}

} // namespace

TEST_CASE("each role may do what the table of contract 6 says, and nothing else", "[auth][policy]")
{
    auth_fixture auth;
    for (const right& row : rights) {
        CAPTURE(row.reason, int{row.roles.bits()}, to_string(row.resource), to_string(row.wanted));
        user caller;
        caller.id = random_uuid();
        caller.roles = row.roles;
        CHECK(roles_permit(caller, row.wanted, object_of(row.resource, row.of, caller)) == row.expected);
    }
}

TEST_CASE("nobody acts as the system user", "[auth][policy]")
{
    user system;
    system.id = system_user_id;
    system.is_system = true;
    system.roles.add(role::owner);

    CHECK_FALSE(roles_permit(system, action::read, {type::user, system.id, system.id}));
}

TEST_CASE("a scope narrows what the role allows and never adds to it", "[auth][policy]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal reader = auth.sign_in(ada, {{"api_key:read", "user:*"}, {"*:*"}});
    const object own_keys{type::api_key, ada.id, std::nullopt};

    CHECK(permits(reader, action::read, own_keys));
    CHECK_FALSE(permits(reader, action::create, own_keys));
    CHECK_FALSE(permits(reader, action::create, {type::user, std::nullopt, std::nullopt}));
}

TEST_CASE("an allow list narrows to the objects it names", "[auth][policy]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const user bob = auth.add("bob");
    const principal limited = auth.sign_in(boss, {{"coder:all"}, {"user:" + to_string(ada.id)}});

    CHECK(permits(limited, action::read, {type::user, ada.id, ada.id}));
    CHECK_FALSE(permits(limited, action::read, {type::user, bob.id, bob.id}));
    CHECK_FALSE(permits(limited, action::create, {type::user, std::nullopt, std::nullopt})); // 5.5: no id
    CHECK_FALSE(permits(limited, action::read, {type::api_key, ada.id, std::nullopt}));
}

TEST_CASE("an owner acts as one only with a key that is short of nothing", "[auth][policy]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);

    CHECK(acts_as_owner(auth.sign_in(boss)));
    CHECK_FALSE(acts_as_owner(auth.sign_in(boss, {{"user:*"}, {"*:*"}})));
    CHECK_FALSE(acts_as_owner(auth.sign_in(boss, {{"coder:all"}, {"user:*"}})));
    CHECK_FALSE(acts_as_owner(auth.sign_in(auth.add("ada"))));
}
