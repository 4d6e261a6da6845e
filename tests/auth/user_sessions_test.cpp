#include "auth/password.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

outcome<secret_text> log_in(auth_fixture& auth, std::string email, std::string password)
{
    return finish(auth.users.login(std::move(email), secret(std::move(password)), auth.from));
}

} // namespace

TEST_CASE("a login gives a session of the session's length", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add_with_password("ada");
    auth.now.advance(1h);

    const auto token = log_in(auth, "ADA@example.org", good_password); // addresses have no case
    REQUIRE(token);
    const key_record key = auth.stored(token->expose()).key;
    CHECK(key.login == login_type::password);
    CHECK(key.lifetime == 24h);
    CHECK(key.expires_at == auth.now.now() + 24h);
    CHECK(auth.authenticate(std::string{token->expose()}));
    CHECK(run_task(auth.memory.find_user(ada.id))->last_seen_at == auth.now.now());
    const audit_entry& entry = auth.audit.last();
    CHECK(entry.action == "login");
    CHECK(entry.resource_type == "api_key");
    CHECK(entry.resource_id == ada.id);
    CHECK(entry.actor == ada.id);
    CHECK(entry.status == 201);
    CHECK(entry.diff.empty());
}

TEST_CASE("each refused login has its status, its words and one entry", "[auth][user_service]")
{
    auth_fixture auth;
    auth.add_with_password("ada");
    const user bob = auth.add_with_password("bob");
    REQUIRE(run_task(auth.users.ensure_system_user()));
    user_change suspension;
    suspension.status = user_status::suspended;
    REQUIRE(run_task(auth.memory.change_user(bob.id, std::move(suspension))));
    struct row {
        const char* email;
        std::string password;
        std::string_view message;
        const char* actor;
    };
    const row rows[] = {
        {"ada@example.org", "wrong", "Incorrect email or password.", "ada"},
        {"nobody@example.org", good_password, "Incorrect email or password.", ""},
        {"", good_password, "Incorrect email or password.", ""}, // the system user's address
        {"bob@example.org", "wrong", "Incorrect email or password.", "bob"},
        {"bob@example.org",
         good_password,
         "Your account is suspended. Contact an admin to reactivate your account.",
         "bob"},
    };
    for (const row& one : rows) {
        CAPTURE(one.email, one.message);
        auth.audit.entries.clear();
        const auto refused = log_in(auth, one.email, one.password);
        REQUIRE(!refused);
        CHECK(refused.error().status == 401);
        CHECK(refused.error().message == one.message);
        REQUIRE(auth.audit.entries.size() == 1); // also for unknown users: writing takes time
        CHECK(auth.audit.last().action == "login");
        CHECK(auth.audit.last().outcome == "refused");
        CHECK(auth.audit.last().status == 401);
        CHECK(auth.audit.last().actor_username == one.actor);
    }
}

TEST_CASE("with passwords turned off, only who knows his own is told so", "[auth][user_service]")
{
    auth_settings settings;
    settings.logins.password_login = false;
    auth_fixture auth{settings};
    auth.add_with_password("ada");

    const auto refused = log_in(auth, "ada@example.org", good_password);
    REQUIRE(!refused);
    CHECK(refused.error().status == 403);
    CHECK(refused.error().message == "Password authentication is disabled.");
    CHECK(status_of(log_in(auth, "ada@example.org", "wrong")) == 401);
}

TEST_CASE("a deleted user cannot log in", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add_with_password("ada");
    REQUIRE(run_task(auth.memory.delete_user(ada.id, auth.now.now())));

    CHECK(status_of(log_in(auth, "ada@example.org", good_password)) == 401);
}

TEST_CASE("a login flood is 429 and leaves no flood of entries", "[auth][user_service]")
{
    auth_settings settings;
    settings.waiting_hashes = 0;
    auth_fixture auth{settings};
    auth.add_with_password("ada");

    const auto refused = log_in(auth, "ada@example.org", good_password);
    REQUIRE(!refused);
    CHECK(refused.error().status == 429);
    CHECK(refused.error().retry_after > 0s);
    CHECK(auth.audit.entries.empty());
}

TEST_CASE("a logout ends the presented key and those for applications, nothing else", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string presented = auth.token_of(ada, unrestricted_rights());
    const std::string other_session = auth.token_of(ada, unrestricted_rights());
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    const std::string application = auth.token_of(ada, {{"coder:application_connect"}, {"*:*"}});
    const std::string bobs = auth.token_of(auth.add("bob"), {{"coder:application_connect"}, {"*:*"}});
    const outcome<principal> caller = auth.authenticate(presented);
    REQUIRE(caller);

    REQUIRE(finish(auth.users.logout(*caller, auth.from)));
    CHECK(auth.verify(presented) == verdict::unknown);
    CHECK(auth.verify(application) == verdict::unknown);
    CHECK(auth.verify(other_session) == verdict::accepted);
    CHECK(auth.verify(token) == verdict::accepted);
    CHECK(auth.verify(bobs) == verdict::accepted);
    REQUIRE(auth.audit.entries.size() == 1);
    CHECK(auth.audit.last().action == "logout");
    CHECK(auth.audit.last().actor_key == caller->key().id.view());
    CHECK(auth.audit.last().diff.empty());
}

TEST_CASE("a key of any scope may give itself up", "[auth][user_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, {{"workspace:read"}, {"*:*"}}, login_type::token);
    const outcome<principal> caller = auth.authenticate(token);
    REQUIRE(caller);

    CHECK(finish(auth.users.logout(*caller, auth.from)));
    CHECK(auth.verify(token) == verdict::unknown);
}

TEST_CASE("a logout that fails says so, in the answer and in the log", "[auth][user_service]")
{
    auth_fixture auth;
    const principal caller = auth.sign_in(auth.add("ada"));
    auth.records.cannot_write = true;

    CHECK(status_of(finish(auth.users.logout(caller, auth.from))) == 503);
    REQUIRE(auth.audit.entries.size() == 2);
    CHECK(auth.audit.last().outcome == "failed");
}
