#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string message_of(const auto& answer)
{
    return answer ? std::string{} : answer.error().message;
}

outcome<revision> set_password(
    auth_fixture& auth, const principal& caller, const user& target, std::string old, std::string fresh)
{
    return finish(
        auth.users.set_password(caller, target, secret(std::move(old)), secret(std::move(fresh)), auth.from));
}

} // namespace

TEST_CASE("a user is found as me, by any form of his id, and by name without case", "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(boss);
    const std::string id = to_string(ada.id);

    for (const std::string& text : {id, "{" + id + "}", "urn:uuid:" + id, std::string{"ADA"}}) {
        CAPTURE(text);
        const auto found = finish(auth.users.resolve(caller, text, auth.from));
        REQUIRE(found);
        CHECK(found->id == ada.id);
    }
    CHECK(finish(auth.users.resolve(caller, "me", auth.from))->id == boss.id);
    CHECK(status_of(finish(auth.users.resolve(caller, "ME", auth.from))) == 404); // exact lower case
    const auto empty = finish(auth.users.resolve(caller, "", auth.from));
    CHECK(status_of(empty) == 400);
    CHECK(message_of(empty) == "\"user\" must be provided.");
}

TEST_CASE("a deleted user is found by id but not by name", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    REQUIRE(run_task(auth.memory.delete_user(ada.id, auth.now.now())));

    CHECK(finish(auth.users.resolve(boss, to_string(ada.id), auth.from))->is_deleted);
    CHECK(status_of(finish(auth.users.resolve(boss, "ada", auth.from))) == 404);
}

TEST_CASE("a member cannot tell other users from users that are not there", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal eve = auth.sign_in(auth.add("eve"));

    for (const std::string& text : {std::string{"ada"}, to_string(ada.id), std::string{"nobody"}}) {
        CAPTURE(text);
        auth.audit.entries.clear();
        const auto refused = finish(auth.users.resolve(eve, text, auth.from));
        REQUIRE(!refused);
        CHECK(refused.error().status == 404);
        CHECK(refused.error().message == "Resource not found or you do not have access to this resource");
        CHECK(auth.audit.entries.size() == 1);
    }
}

TEST_CASE("a scope without user read does not even resolve me", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");

    for (const char* scope : {"coder:application_connect", "api_key:*", "coder:apikeys.manage_self"}) {
        CAPTURE(scope);
        const principal caller = auth.sign_in(ada, {{scope}, {"*:*"}});
        CHECK(status_of(finish(auth.users.resolve(caller, "me", auth.from))) == 404);
    }
    CHECK(finish(auth.users.resolve(auth.sign_in(ada, {{"user:read"}, {"*:*"}}), "me", auth.from)));
}

TEST_CASE("suspension and activation answer with the user, and with their own refusals",
          "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user other_boss = auth.add("boss2", role::owner);
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    const principal caller = auth.sign_in(boss);
    const auto suspend = [&](const principal& by, const user& target) {
        return finish(auth.users.suspend(by, target, auth.from));
    };

    const auto suspended = suspend(caller, ada);
    REQUIRE(suspended);
    CHECK(suspended->status == user_status::suspended);
    CHECK(auth.verify(token) == verdict::owner_suspended); // from the moment it is acknowledged
    CHECK(diff_of(auth.audit.last()).at("status").at("old") == "active");
    CHECK(diff_of(auth.audit.last()).at("status").at("new") == "suspended");
    const auto active = finish(auth.users.activate(caller, ada, auth.from));
    REQUIRE(active);
    CHECK(active->status == user_status::active);
    CHECK(auth.verify(token) == verdict::accepted);

    CHECK(message_of(suspend(caller, boss)) == "You cannot suspend yourself.");
    const std::string first_remove_role =
        "You cannot suspend a user with the \"owner\" role. You must remove the role first.";
    CHECK(message_of(suspend(caller, other_boss)) == first_remove_role);
    CHECK(status_of(suspend(caller, other_boss)) == 400);

    const principal auditor = auth.sign_in(auth.add("auditor", role::auditor));
    const auto not_allowed = suspend(auditor, ada);
    CHECK(status_of(not_allowed) == 500); // contract 8.4: also when not allowed
    CHECK(message_of(not_allowed) == "Internal error updating user's status to \"suspended\".");
    CHECK(auth.audit.last().outcome == "refused");
    CHECK(suspend(auth.sign_in(auth.add("people", role::user_admin)), ada));
}

TEST_CASE("roles are given and taken by owners only", "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user people = auth.add("people", role::user_admin);
    const user ada = auth.add("ada");
    const principal owner = auth.sign_in(boss);
    const principal admin = auth.sign_in(people);
    const auto set = [&](const principal& by, const user& target, std::vector<std::string> roles) {
        return finish(auth.users.set_roles(by, target, std::move(roles), auth.from));
    };

    for (const char* role_name : {"auditor", "template-admin", "user-admin", "owner"})
        CHECK(status_of(set(admin, ada, {role_name})) == 403); // he could sign in as ada afterwards
    CHECK(status_of(set(admin, boss, {})) == 403);             // would unmake an owner
    CHECK(set(admin, ada, {})->roles == role_set{});           // changes nothing
    CHECK(set(owner, ada, {"auditor", "template-admin"})->roles.has(role::auditor));
    const user auditor = *run_task(auth.memory.find_user(ada.id));
    CHECK(status_of(set(admin, auditor, {})) == 403);
    CHECK(set(owner, ada, {"owner"})->roles == role_set{role::owner});
    const auto now_owner = run_task(auth.memory.find_user(ada.id));
    CHECK(set(owner, *now_owner, {})->roles == role_set{});
    CHECK(message_of(set(owner, boss, {})) == "You cannot change your own roles.");
    CHECK(message_of(set(owner, ada, {"emperor"})) == "\"emperor\" is not a supported role");
    CHECK(status_of(set(auth.sign_in(ada), people, {"auditor"})) == 403);
    CHECK(status_of(set(auth.sign_in(boss, {{"user:*"}, {"*:*"}}), ada, {"owner"})) == 403);
}

TEST_CASE("a new role holds from the next request on", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    const object trail{resource_type::audit_log, std::nullopt, std::nullopt};

    CHECK_FALSE(permits(*auth.authenticate(token), action::read, trail));
    REQUIRE(finish(auth.users.set_roles(boss, ada, {"auditor"}, auth.from)));
    CHECK(permits(*auth.authenticate(token), action::read, trail));
}

TEST_CASE("each refused password change has the words of the contract", "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add_with_password("boss", role::owner);
    const user people = auth.add_with_password("people", role::user_admin);
    const user ada = auth.add_with_password("ada");
    const user robot = auth.add("robot");
    user without_login = robot;
    without_login.login = login_type::none;
    const principal self = auth.sign_in(ada);
    const principal admin = auth.sign_in(people);
    const principal eve = auth.sign_in(auth.add("eve"));
    struct row {
        const principal* caller;
        const user* target;
        std::string old, fresh;
        unsigned status;
        std::string_view message;
    };
    const row rows[] = {
        {&eve,
         &ada,
         good_password,
         other_password,
         404,
         "Resource not found or you do not have access to this resource"},
        {&admin, &boss, "", other_password, 400, "Only owners can change the password of an owner."},
        {&admin,
         &without_login,
         "",
         other_password,
         400,
         "Users without password login type cannot change their password."},
        {&self, &ada, "", other_password, 400, "Old password is required."},
        {&self, &ada, good_password, "weak", 400, "Invalid password."},
        {&self, &ada, "wrong", other_password, 400, "Old password is incorrect."},
        {&admin, &ada, "wrong", other_password, 400, "Old password is incorrect."},
        {&self, &ada, good_password, good_password, 400, "New password cannot match old password."},
        {&admin, &ada, "", good_password, 400, "New password cannot match old password."},
    };
    for (const row& one : rows) {
        CAPTURE(one.message);
        auth.audit.entries.clear();
        const auto refused = set_password(auth, *one.caller, *one.target, one.old, one.fresh);
        REQUIRE(!refused);
        CHECK(refused.error().status == one.status);
        CHECK(refused.error().message == one.message);
        REQUIRE(auth.audit.entries.size() == 1);
        CHECK(auth.audit.last().outcome == "refused");
    }
}

TEST_CASE("a new password ends every key of the user, and the old password", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add_with_password("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    const std::string session = auth.token_of(ada, unrestricted_rights());
    const std::string bobs = auth.token_of(auth.add("bob"), unrestricted_rights());
    principal caller = auth.sign_in(ada);
    std::string old = good_password;
    SECTION("by himself") {}
    SECTION("by a user-admin, without the old one")
    {
        caller = auth.sign_in(auth.add("people", role::user_admin));
        old.clear();
    }

    REQUIRE(set_password(auth, caller, ada, old, other_password));
    CHECK(auth.verify(token) == verdict::unknown);
    CHECK(auth.verify(session) == verdict::unknown);
    CHECK(auth.verify(bobs) == verdict::accepted);
    CHECK(auth.audit.last().status == 204);
    CHECK(diff_of(auth.audit.last()).size() == 1);
    CHECK(diff_of(auth.audit.last()).at("hashed_password").as_object() ==
          boost::json::object{{"secret", true}});
    CHECK(status_of(finish(auth.users.login(ada.email, secret(good_password), auth.from))) == 401);
    CHECK(finish(auth.users.login(ada.email, secret(other_password), auth.from)));
}

TEST_CASE("an owner's restricted key resets no other owner's password, and its own with the old one",
          "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add_with_password("boss", role::owner);
    const user other = auth.add_with_password("boss2", role::owner);
    const principal restricted = auth.sign_in(boss, {{"user:*"}, {"*:*"}});

    CHECK(status_of(set_password(auth, restricted, other, "", other_password)) == 400);
    CHECK(status_of(set_password(auth, restricted, boss, good_password, other_password)) == 0);
}

TEST_CASE("deleting users drops their keys, and has its own refusals", "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    const principal owner = auth.sign_in(boss);
    const principal admin = auth.sign_in(auth.add("people", role::user_admin));
    const auto remove = [&](const principal& by, const user& target) {
        return finish(auth.users.remove(by, target, auth.from));
    };

    CHECK(message_of(remove(owner, boss)) == "You cannot delete yourself!");
    CHECK(status_of(remove(owner, boss)) == 403);
    CHECK(status_of(remove(admin, boss)) == 403);
    CHECK(status_of(remove(auth.sign_in(auth.add("auditor", role::auditor)), ada)) == 403);
    CHECK(auth.verify(token) == verdict::accepted);

    REQUIRE(remove(admin, ada));
    CHECK(auth.audit.last().action == "delete");
    CHECK(auth.audit.last().resource_target == "ada");
    CHECK(auth.verify(token) != verdict::accepted);
    CHECK(status_of(remove(admin, ada)) == 404); // a second delete
}
