#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

new_user asked_for(std::string username)
{
    new_user asked;
    asked.email = username + "@example.org";
    asked.username = std::move(username);
    asked.password = secret(good_password);
    return asked;
}

new_user service_account(std::string username)
{
    new_user asked;
    asked.username = std::move(username);
    asked.service_account = true;
    return asked;
}

outcome<user> create(auth_fixture& auth, const principal& caller, new_user asked)
{
    return finish(auth.users.create(caller, std::move(asked), auth.from));
}

// `change` makes one thing wrong.
template <class Change>
new_user wrong(Change change)
{
    new_user asked = asked_for("ada");
    change(asked);
    return asked;
}

} // namespace

TEST_CASE("the first user becomes owner, and there is only one first user", "[auth][user_service]")
{
    auth_fixture auth;
    REQUIRE(run_task(auth.users.ensure_system_user()));
    CHECK_FALSE(*finish(auth.users.has_first_user())); // the system user does not count

    const auto first = finish(auth.users.create_first_user(asked_for("boss"), auth.from));
    REQUIRE(first);
    CHECK(first->roles.has(role::owner));
    CHECK(first->status == user_status::active); // A7
    CHECK(*finish(auth.users.has_first_user()));

    const auto second = finish(auth.users.create_first_user(asked_for("thief"), auth.from));
    REQUIRE(!second);
    CHECK(second.error().status == 409);
    CHECK(second.error().message == "The initial user has already been created.");
    REQUIRE(auth.audit.entries.size() == 2);
    CHECK(auth.audit.entries[0].outcome == "allowed");
    CHECK(auth.audit.entries[0].resource_id == first->id);
    CHECK(auth.audit.entries[1].outcome == "refused");
}

TEST_CASE("of two first users at once, one is", "[auth][user_service]")
{
    auth_fixture auth;
    auth.records.before_insert = [&] { auth.add("faster", role::owner); };

    CHECK(status_of(finish(auth.users.create_first_user(asked_for("boss"), auth.from))) == 409);
    CHECK(auth.audit.last().outcome == "failed");
}

TEST_CASE("a first user with a weak password or wrong names is refused", "[auth][user_service]")
{
    auth_fixture auth;
    new_user weak = asked_for("boss");
    weak.password = secret("password");
    const auto refused = finish(auth.users.create_first_user(std::move(weak), auth.from));
    REQUIRE(!refused);
    CHECK(refused.error().status == 400);
    CHECK(refused.error().message == "Password is invalid");
    REQUIRE(refused.error().validations.size() == 1);
    CHECK(refused.error().validations[0].field == "password");

    new_user nameless;
    nameless.password = secret(good_password);
    const auto faulty = finish(auth.users.create_first_user(std::move(nameless), auth.from));
    REQUIRE(!faulty);
    CHECK(faulty.error().message == "Validation failed.");
    REQUIRE(faulty.error().validations.size() == 2);
    CHECK(faulty.error().validations[0].field == "email");
    CHECK(faulty.error().validations[0].detail == "Validation failed for tag \"required\" with value: \"\"");
    CHECK(faulty.error().validations[1].field == "username");
}

TEST_CASE("the system user is there once, and cannot be logged in to", "[auth][user_service]")
{
    auth_fixture auth;
    REQUIRE(run_task(auth.users.ensure_system_user()));
    REQUIRE(run_task(auth.users.ensure_system_user()));

    const auto system = run_task(auth.memory.find_user(system_user_id));
    REQUIRE(system);
    CHECK(system->username == "system");
    CHECK(system->is_system);
    CHECK(system->password_hash.empty());
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    CHECK(status_of(create(auth, boss, asked_for("system"))) == 409);
}

TEST_CASE("owners and user-admins create users, others are told that they may not", "[auth][user_service]")
{
    auth_fixture auth;
    struct row {
        const char* name;
        role_set roles;
        bool may;
    };
    for (const row& one : {row{"member", {}, false},
                           row{"auditor", role::auditor, false},
                           row{"templates", role::template_admin, false},
                           row{"people", role::user_admin, true},
                           row{"boss", role::owner, true}}) {
        CAPTURE(one.name);
        const principal caller = auth.sign_in(auth.add(one.name, one.roles));
        const auto created = create(auth, caller, asked_for(std::string{"by-"} + one.name));
        CHECK(status_of(created) == (one.may ? 0 : 403));
        if (!created) CHECK(created.error().message == "You are not authorized to create users.");
        CHECK(auth.audit.last().outcome == (one.may ? "allowed" : "refused"));
    }
}

TEST_CASE("a new user is active, of login type password, and can log in", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    new_user asked = asked_for("ada");
    asked.roles = {"auditor", "member"};

    const auto created = create(auth, boss, std::move(asked));
    REQUIRE(created);
    CHECK(created->status == user_status::active);
    CHECK(created->login == login_type::password);
    CHECK(created->roles == role_set{role::auditor});
    CHECK(auth.audit.last().resource_id == created->id);
    CHECK(finish(auth.users.login("ada@example.org", secret(good_password), auth.from)));
}

TEST_CASE("each wrong new user is refused with the words of the contract", "[auth][user_service]")
{
    auth_fixture auth;
    auth.add("taken");
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    struct row {
        new_user asked;
        unsigned status;
        std::string_view message;
    };
    row rows[] = {
        {wrong([](new_user& u) { u.username = "TAKEN"; }), 409, "User already exists."},
        {wrong([](new_user& u) { u.email = "Taken@Example.org"; }), 409, "User already exists."},
        {wrong([](new_user& u) { u.password = secret("weak"); }), 400, "Password is invalid"},
        {wrong([](new_user& u) { u.password = secret(""); }), 400, "Password is invalid"},
        {wrong([](new_user& u) { u.login_type = "oidc"; }),
         400,
         "Unsupported login type \"oidc\" for manually creating new users."},
        {wrong([](new_user& u) { u.login_type = "none"; }),
         400,
         "Login type 'none' requires a service account."},
        {wrong([](new_user& u) {
             u.service_account = true;
             u.login_type = "password";
         }),
         400,
         "Service accounts must use login type 'none'."},
        {wrong([](new_user& u) { u.service_account = true; }),
         400,
         "Password cannot be set for service accounts."},
        {wrong([](new_user& u) {
             u.service_account = true;
             u.password = secret("");
         }),
         400,
         "Email cannot be set for service accounts."},
        {wrong([](new_user& u) { u.username = "new"; }), 400, "Validation failed."},
        {wrong([](new_user& u) { u.username = "a b"; }), 400, "Validation failed."},
        {wrong([](new_user& u) { u.email = "nonsense"; }), 400, "Validation failed."},
        {wrong([](new_user& u) { u.name = " padded "; }), 400, "Validation failed."},
        {wrong([](new_user& u) { u.user_status = "dormant"; }), 400, "Validation failed."}, // A7
        {wrong([](new_user& u) { u.roles = {"emperor"}; }), 400, "Validation failed."},
    };
    for (row& one : rows) {
        CAPTURE(one.message, one.asked.username, one.asked.email);
        auth.audit.entries.clear();
        const auto refused = create(auth, boss, std::move(one.asked));
        REQUIRE(!refused);
        CHECK(refused.error().status == one.status);
        CHECK(refused.error().message == one.message);
        REQUIRE(auth.audit.entries.size() == 1);
        CHECK(auth.audit.last().outcome == "refused");
    }
}

TEST_CASE("a service account has no address and no password", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));

    const auto created = create(auth, boss, service_account("robot"));
    REQUIRE(created);
    CHECK(created->is_service_account);
    CHECK(created->login == login_type::none);
    CHECK(created->password_hash.empty());
    CHECK(create(auth, boss, service_account("robot-2"))); // two without an address do not collide
}

TEST_CASE("a suspended user is created suspended", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    new_user asked = asked_for("ada");
    asked.user_status = "suspended";

    const auto created = create(auth, boss, std::move(asked));
    REQUIRE(created);
    CHECK(created->status == user_status::suspended);
}

TEST_CASE("only an owner with all his rights makes a user with a role", "[auth][user_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const auto with_role = [](std::string name, std::string role_name) {
        new_user asked = asked_for(std::move(name));
        asked.roles = {std::move(role_name)};
        return asked;
    };
    const principal people = auth.sign_in(auth.add("people", role::user_admin));
    const principal restricted = auth.sign_in(boss, {{"user:*"}, {"*:*"}});

    CHECK(status_of(create(auth, people, with_role("a", "owner"))) == 403);
    CHECK(status_of(create(auth, people, with_role("b", "auditor"))) == 403); // he knows the password
    CHECK(status_of(create(auth, people, with_role("b", "member"))) == 0);
    CHECK(status_of(create(auth, restricted, with_role("c", "owner"))) == 403);
    CHECK(status_of(create(auth, restricted, with_role("d", "auditor"))) == 403);
    CHECK(status_of(create(auth, restricted, asked_for("e"))) == 0);
    CHECK(status_of(create(auth, auth.sign_in(boss), with_role("f", "owner"))) == 0);
}

TEST_CASE("a user who was added meanwhile is 409, allowed and then failed", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    auth.records.before_insert = [&] { auth.add("ada"); };

    CHECK(status_of(create(auth, boss, asked_for("ada"))) == 409);
    REQUIRE(auth.audit.entries.size() == 2);
    CHECK(auth.audit.last().outcome == "failed");
}

TEST_CASE("what cannot be a username is not recorded as one: it may be a secret in the wrong field",
          "[auth][user_service][security]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    new_user asked;
    asked.email = "guest@example.org";
    asked.username = "AAAAAAAAAA-CanaryForged0123456789";
    asked.password = secret(good_password);

    CHECK(status_of(finish(auth.users.create(boss, std::move(asked), auth.from))) == 400);
    REQUIRE(auth.audit.entries.size() == 1);
    CHECK(auth.audit.last().outcome == "refused");
    CHECK(auth.audit.last().resource_target.empty());
}
