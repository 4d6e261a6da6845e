#include "auth/decision.hpp"
#include "tests/support/auth_fixture.hpp"

#include <boost/json/serialize.hpp>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::string text_of(const audit_entry& entry)
{
    return entry.diff + boost::json::serialize(entry.additional_fields) + entry.actor_username +
           entry.actor_email + entry.actor_key + entry.action + entry.resource_type + entry.resource_target +
           entry.outcome + entry.address + entry.user_agent;
}

bool is_anywhere(const std::vector<audit_entry>& entries, std::string_view planted)
{
    for (const audit_entry& entry : entries) {
        if (text_of(entry).find(planted) != std::string::npos) return true;
    }
    return false;
}

} // namespace

TEST_CASE("an entry says who did what to whose key, from where, and with which status", "[auth][decision]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(boss);
    token_request asked;
    asked.name = "ci";
    asked.scopes = {"workspace:read"};

    REQUIRE(auth.create_token(caller, ada, asked));
    REQUIRE(auth.audit.entries.size() == 1);
    const audit_entry& entry = auth.audit.last();
    CHECK(entry.time == auth.now.now());
    CHECK(entry.actor == boss.id);
    CHECK(entry.actor_username == "boss");
    CHECK(entry.actor_email == "boss@example.org");
    CHECK(entry.actor_key == caller.key().id.view());
    CHECK(entry.action == "create");
    CHECK(entry.resource_type == "api_key");
    CHECK(entry.resource_id == ada.id); // 7.1: the owner's, the key's own is no UUID
    CHECK(entry.resource_target == "ci");
    CHECK(entry.outcome == "allowed");
    CHECK(entry.status == 201);
    CHECK(entry.request_id == auth.from.request_id);
    CHECK(entry.address == "192.0.2.7");
    CHECK(entry.user_agent == "test");
    CHECK(entry.additional_fields.empty());
    for (const char* field : {"user_id",
                              "last_used",
                              "expires_at",
                              "created_at",
                              "scopes",
                              "allow_list",
                              "lifetime_seconds",
                              "token_name"}) {
        CAPTURE(field);
        REQUIRE(diff_of(entry).contains(field));
        CHECK(diff_of(entry).at(field).at("secret") == false);
        CHECK(diff_of(entry).at(field).as_object().contains("new"));
        CHECK_FALSE(diff_of(entry).at(field).as_object().contains("old"));
    }
    CHECK(diff_of(entry).size() == 8);
}

TEST_CASE("a refused and a failed act name who tried", "[auth][decision]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    token_request wrong;
    wrong.scopes = {"nonsense"};

    CHECK(status_of(auth.create_token(caller, ada, wrong)) == 400);
    auth.records.cannot_write = true;
    CHECK(status_of(auth.create_token(caller, ada)) == 503);
    REQUIRE(auth.audit.entries.size() == 3); // refused, allowed, failed
    for (const audit_entry& entry : auth.audit.entries) {
        CAPTURE(entry.outcome);
        CHECK(entry.actor == ada.id);
        CHECK(entry.actor_key == caller.key().id.view());
        CHECK(entry.resource_id == ada.id);
    }
}

TEST_CASE("a deletion shows what there was", "[auth][decision]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    REQUIRE(auth.verify(token) == verdict::accepted); // so that there is a last use

    REQUIRE(finish(auth.keys.remove(auth.sign_in(ada), token.substr(0, 10), auth.from)));
    const audit_entry& entry = auth.audit.last();
    CHECK(entry.action == "delete");
    CHECK(entry.status == 204);
    CHECK(diff_of(entry).at("last_used").as_object().contains("old"));
    CHECK(diff_of(entry).at("scopes").as_object().contains("old"));
    CHECK_FALSE(diff_of(entry).at("scopes").as_object().contains("new"));
}

TEST_CASE("fail closed: what cannot be recorded does not happen", "[auth][decision]")
{
    const error_code failures[] = {storage_errc::unavailable, storage_errc::overloaded};
    for (const error_code failure : failures) {
        CAPTURE(failure.message());
        auth_fixture auth;
        const user boss = auth.add_with_password("boss", role::owner);
        const user ada = auth.add("ada");
        const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
        const std::string id = token.substr(0, 10);
        const principal caller = auth.sign_in(boss);
        auth.audit.fails_with = failure;

        CHECK(status_of(auth.create_token(caller, ada)) == 503);
        CHECK(status_of(finish(auth.keys.expire(caller, id, auth.from))) == 503);
        CHECK(status_of(finish(auth.keys.remove(caller, id, auth.from))) == 503);
        CHECK(status_of(finish(auth.users.suspend(caller, ada, auth.from))) == 503);
        CHECK(status_of(finish(auth.users.remove(caller, ada, auth.from))) == 503);
        CHECK(status_of(finish(auth.users.set_roles(caller, ada, {"auditor"}, auth.from))) == 503);
        CHECK(status_of(finish(auth.users.login("boss@example.org", secret(good_password), auth.from))) ==
              503);
        CHECK(status_of(finish(auth.users.logout(caller, auth.from))) == 503);
        // A refusal that cannot be recorded is not given either.
        const principal eve = auth.sign_in(auth.add("eve"));
        CHECK(status_of(finish(auth.keys.find_by_id(eve, id, auth.from))) == 503);

        CHECK(auth.verify(token) == verdict::accepted);
        const auto unchanged = run_task(auth.memory.find_user(ada.id));
        REQUIRE(unchanged);
        CHECK(unchanged->status == user_status::active);
        CHECK_FALSE(unchanged->is_deleted);
        CHECK(unchanged->roles == role_set{});
        CHECK(run_task(auth.memory.list_all_keys(ada.id))->size() == 1);
        CHECK(run_task(auth.memory.list_all_keys(boss.id))->size() == 1);
    }
}

TEST_CASE("each act leaves one entry, reads of one's own none", "[auth][decision]")
{
    auth_fixture auth;
    const user boss = auth.add_with_password("boss", role::owner);
    const user ada = auth.add_with_password("ada");
    const principal caller = auth.sign_in(boss);
    const auto entries_of = [&auth](auto act) {
        auth.audit.entries.clear();
        act();
        return auth.audit.entries.size();
    };
    std::string id;

    CHECK(entries_of([&] {
              const auto token = auth.create_token(caller, ada);
              REQUIRE(token);
              id = token->expose().substr(0, 10);
          }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.keys.find_by_id(caller, id, auth.from))); }) == 0);
    CHECK(entries_of([&] { REQUIRE(finish(auth.keys.list_tokens(caller, ada, {}, auth.from))); }) == 0);
    CHECK(entries_of([&] { REQUIRE(finish(auth.keys.expire(caller, id, auth.from))); }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.keys.remove(caller, id, auth.from))); }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.keys.create_session_key(caller, ada, auth.from))); }) == 1);
    CHECK(entries_of([&] {
              REQUIRE(finish(auth.users.login("ada@example.org", secret(good_password), auth.from)));
          }) == 1);
    CHECK(entries_of([&] {
              REQUIRE(finish(
                  auth.users.set_password(caller, ada, secret(""), secret(other_password), auth.from)));
          }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.users.suspend(caller, ada, auth.from))); }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.users.activate(caller, ada, auth.from))); }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.users.set_roles(caller, ada, {"auditor"}, auth.from))); }) ==
          1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.users.remove(caller, ada, auth.from))); }) == 1);
    CHECK(entries_of([&] { REQUIRE(finish(auth.users.logout(caller, auth.from))); }) == 1);
}

TEST_CASE("no entry holds a secret, a password or a hash", "[auth][decision]")
{
    auth_fixture auth;
    new_user first;
    first.username = "boss";
    first.email = "boss@example.org";
    first.password = secret(good_password);
    REQUIRE(finish(auth.users.create_first_user(std::move(first), auth.from)));
    auto session = finish(auth.users.login("boss@example.org", secret(good_password), auth.from));
    REQUIRE(session);
    // People type passwords where the address belongs.
    CHECK(!finish(auth.users.login("Planted-Address-1", secret("Planted-Guess-2"), auth.from)));
    CHECK(!finish(auth.users.login("boss@example.org", secret("Planted-Guess-3"), auth.from)));
    const outcome<principal> caller = auth.authenticate(std::string{session->expose()});
    REQUIRE(caller);
    const auto token = auth.create_token(*caller, caller->account());
    REQUIRE(token);
    const key_record key = auth.stored(token->expose()).key;
    REQUIRE(finish(auth.keys.remove(*caller, std::string{key.id.view()}, auth.from)));
    CHECK(!finish(auth.users.set_password(
        *caller, caller->account(), secret("Planted-Old-4"), secret(other_password), auth.from)));
    REQUIRE(finish(auth.users.set_password(
        *caller, caller->account(), secret(good_password), secret(other_password), auth.from)));

    REQUIRE(auth.audit.entries.size() >= 7);
    const std::string hash{reinterpret_cast<const char*>(key.secret_digest.data()), 32};
    for (const std::string& planted : {std::string{session->expose().substr(11)},
                                       std::string{token->expose().substr(11)},
                                       good_password,
                                       other_password,
                                       std::string{"Planted"},
                                       std::string{"argon2"},
                                       hash})
        CHECK_FALSE(is_anywhere(auth.audit.entries, planted));
    CHECK(is_anywhere(auth.audit.entries, "boss")); // the search itself works
}

TEST_CASE("a user agent is cut and made harmless", "[auth][decision]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    auth.from.user_agent = "a\nb\x1b" + std::string(400, 'x');

    REQUIRE(auth.create_token(caller, ada));
    CHECK(auth.audit.last().user_agent == "a?b?" + std::string(252, 'x'));
}
