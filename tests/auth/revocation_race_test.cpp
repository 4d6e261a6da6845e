// What is revoked while a request waits, for the audit log or for Argon2id, leaves nothing behind that
// outlives the revocation (security.md 2, 25).
#include "auth/password.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

struct revocation {
    const char* what;
    unsigned status; // of the request that it overtakes
    std::function<void(auth_fixture&, const principal&)> happens;
};

void change(auth_fixture& auth, const principal& caller, user_change wanted)
{
    wanted.now = auth.now.now();
    REQUIRE(run_task(auth.memory.change_user(caller.account().id, std::move(wanted))));
}

const std::vector<revocation>& revocations()
{
    static const std::vector<revocation> all{
        {"the key is deleted",
         401,
         [](auth_fixture& auth, const principal& caller) {
             REQUIRE(run_task(auth.memory.delete_key(caller.key().id)));
         }},
        {"the key is expired",
         401,
         [](auth_fixture& auth, const principal& caller) {
             REQUIRE(run_task(auth.memory.expire_key(caller.key().id, auth.now.now())));
         }},
        {"every key is dropped, as by a new password",
         401,
         [](auth_fixture& auth, const principal& caller) {
             user_change drop;
             drop.drop_keys = true;
             change(auth, caller, std::move(drop));
         }},
        {"the user is suspended",
         401,
         [](auth_fixture& auth, const principal& caller) {
             user_change suspend;
             suspend.status = user_status::suspended;
             change(auth, caller, std::move(suspend));
         }},
        {"the user loses a role",
         403,
         [](auth_fixture& auth, const principal& caller) {
             user_change demote;
             demote.roles = role_set{};
             change(auth, caller, std::move(demote));
         }},
        {"the user is deleted",
         401,
         [](auth_fixture& auth, const principal& caller) {
             REQUIRE(run_task(auth.memory.delete_user(caller.account().id, auth.now.now())));
         }},
    };
    return all;
}

} // namespace

TEST_CASE("issuing reads authoritative state: a key revoked meanwhile makes no other", "[auth][security]")
{
    for (const revocation& one : revocations()) {
        for (const bool is_session : {false, true}) {
            CAPTURE(one.what, is_session);
            auth_fixture auth;
            const user ada = auth.add("ada");
            const principal boss = auth.sign_in(auth.add("boss", role::owner));
            auth.audit.meanwhile = [&] { one.happens(auth, boss); };

            const outcome<secret_text> made = is_session
                                                  ? finish(auth.keys.create_session_key(boss, ada, auth.from))
                                                  : auth.create_token(boss, ada);
            CHECK(status_of(made) == one.status);
            CHECK(run_task(auth.memory.list_all_keys(ada.id))->empty());
            CHECK(auth.audit.last().outcome == "failed");
        }
    }
}

TEST_CASE("a key revoked right before it makes one for its owner makes none", "[auth][security]")
{
    for (const revocation& one : revocations()) {
        if (one.status != 401) continue; // a role less takes nothing from what anybody may do for himself
        CAPTURE(one.what);
        auth_fixture auth;
        const user ada = auth.add("ada");
        const principal caller = auth.sign_in(ada);
        auth.records.before_insert = [&] { one.happens(auth, caller); };
        token_request asked;
        asked.name = "foo";

        const auto refused = auth.create_token(caller, ada, asked);

        const bool is_deleted = run_task(auth.memory.find_user(ada.id))->is_deleted;
        CHECK(status_of(refused) == (is_deleted ? 500 : 401));
        CHECK(run_task(auth.memory.find_key_by_name(ada.id, "foo")).error() == storage_errc::not_found);
        CHECK(auth.audit.last().outcome == "failed");
    }
}

TEST_CASE("a caller revoked meanwhile changes no user", "[auth][security]")
{
    using act = std::function<unsigned(auth_fixture&, const principal&, const user&)>;
    const std::vector<std::pair<const char*, act>> acts{
        {"suspend",
         [](auth_fixture& auth, const principal& boss, const user& ada) {
             return status_of(finish(auth.users.suspend(boss, ada, auth.from)));
         }},
        {"set_roles",
         [](auth_fixture& auth, const principal& boss, const user& ada) {
             return status_of(finish(auth.users.set_roles(boss, ada, {"auditor"}, auth.from)));
         }},
        {"set_password",
         [](auth_fixture& auth, const principal& boss, const user& ada) {
             return status_of(
                 finish(auth.users.set_password(boss, ada, secret({}), secret(other_password), auth.from)));
         }},
        {"remove",
         [](auth_fixture& auth, const principal& boss, const user& ada) {
             return status_of(finish(auth.users.remove(boss, ada, auth.from)));
         }},
        {"create",
         [](auth_fixture& auth, const principal& boss, const user&) {
             new_user asked;
             asked.email = "eve@example.org";
             asked.username = "eve";
             asked.password = secret(good_password);
             return status_of(finish(auth.users.create(boss, std::move(asked), auth.from)));
         }},
    };
    for (const revocation& one : revocations()) {
        for (const auto& [name, attempt] : acts) {
            CAPTURE(one.what, name);
            auth_fixture auth;
            const user ada = auth.add_with_password("ada");
            const std::string kept = auth.token_of(ada, unrestricted_rights());
            const principal boss = auth.sign_in(auth.add("boss", role::owner));
            auth.audit.meanwhile = [&] { one.happens(auth, boss); };

            CHECK(attempt(auth, boss, ada) == one.status);
            CHECK(auth.verify(kept) == verdict::accepted);
            const result<user> now = run_task(auth.memory.find_user(ada.id));
            REQUIRE(now);
            CHECK(now->roles == role_set{});
            CHECK(now->password_hash == ada.password_hash);
            CHECK(run_task(auth.memory.find_user_by_username("eve")).error() == storage_errc::not_found);
            CHECK(auth.audit.last().outcome == "failed");
        }
    }
}

TEST_CASE("a login with the old password starts no session once there is a new one", "[auth][security]")
{
    auth_fixture auth;
    const user ada = auth.add_with_password("ada");
    const auto change_password = [&] {
        user_change wanted;
        wanted.password_hash = hash_password(secret(other_password));
        wanted.drop_keys = true;
        wanted.now = auth.now.now();
        REQUIRE(run_task(auth.memory.change_user(ada.id, std::move(wanted))));
    };
    SECTION("while the entry is written")
    {
        auth.audit.meanwhile = change_password;
    }
    SECTION("right before the key is made")
    {
        auth.records.before_insert = change_password;
    }

    const auto refused = finish(auth.users.login("ada@example.org", secret(good_password), auth.from));
    REQUIRE(!refused);
    CHECK(refused.error().status == 401);
    CHECK(refused.error().message == "Incorrect email or password.");
    CHECK(run_task(auth.memory.list_all_keys(ada.id))->empty());
    CHECK(auth.audit.last().outcome == "failed");
}

TEST_CASE("that a key has expired is acknowledged only when that is durable", "[auth][security]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    const std::string token = auth.token_of(ada, unrestricted_rights());
    const std::string id = token.substr(0, key_id::length);
    // In force, but not on the disk yet; the disk then fails.
    REQUIRE(run_task(auth.memory.expire_key(*key_id::parse(id), auth.now.now())));
    auth.records.cannot_write = true;

    CHECK(status_of(finish(auth.keys.expire(caller, id, auth.from))) == 503);
    auth.records.cannot_write = false;
    CHECK(status_of(finish(auth.keys.expire(caller, id, auth.from))) == 0);
}
