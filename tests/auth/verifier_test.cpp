#include "auth/time_text.hpp"
#include "auth/verifier.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view signed_out =
    "You are signed out or your session has expired. Please sign in again to continue.";

std::string with_other_secret(std::string token)
{
    token.back() = token.back() == 'a' ? 'b' : 'a';
    return token;
}

void change_status(auth_fixture& auth, const user& of, user_status status)
{
    user_change change;
    change.status = status;
    REQUIRE(run_task(auth.memory.change_user(of.id, std::move(change))));
}

} // namespace

TEST_CASE("each refused credential is told its own detail, and challenged", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    struct row {
        std::string token;
        std::string detail;
    };
    const row rows[] = {
        {"abc", "Invalid API key format: incorrect amount of API key parts, expected 2 got 1"},
        {"a-b-c", "Invalid API key format: incorrect amount of API key parts, expected 2 got 3"},
        {"abc-" + std::string(22, 'x'),
         "Invalid API key format: invalid API key ID length, expected 10 got 3"},
        {std::string(10, 'x') + "-abc",
         "Invalid API key format: invalid API key secret length, expected 22 got 3"},
        {std::string(10, 'x') + "-" + std::string(22, 'x'), "API key is invalid."},
        {std::string(10, '!') + "-" + std::string(22, 'x'), "API key is invalid."},
        {with_other_secret(token), "API key secret is invalid."},
    };

    for (const row& one : rows) {
        CAPTURE(one.token);
        const outcome<principal> refused = auth.authenticate(one.token);
        REQUIRE(!refused);
        CHECK(refused.error().status == 401);
        CHECK(refused.error().message == signed_out);
        CHECK(refused.error().detail == one.detail);
        CHECK(refused.error().carries_challenge);
    }
}

TEST_CASE("a key is good until its expiry and not one microsecond longer", "[auth][verifier]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights(), login_type::token);
    const time_point expiry = auth.stored(token).key.expires_at;

    auth.now.set(expiry - 1us);
    CHECK(auth.verify(token) == verdict::accepted);

    auth.now.set(expiry);
    CHECK(auth.verify(token) == verdict::expired);
    const outcome<principal> refused = auth.authenticate(token);
    REQUIRE(!refused);
    CHECK(refused.error().detail == "API key expired at \"" + go_time_text(expiry) + "\".");
}

TEST_CASE("a wrong secret is told before the expiry", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    auth.records.to_answer = key_with_owner{auth.stored(token).key, owner_standing::of(ada)};
    auth.records.must_be_asked = true; // so that the answer still has its hash after the expiry
    auth.now.advance(48h);

    CHECK(finish(auth.tokens.verify_by_asking(with_other_secret(token))).what == verdict::wrong_secret);
    CHECK(finish(auth.tokens.verify_by_asking(token)).what == verdict::expired);
}

TEST_CASE("a key whose hash went with its lifetime is expired", "[auth][verifier]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    auth.now.advance(25h);
    auth.memory.sweep();

    CHECK(auth.verify(token) == verdict::expired);
}

TEST_CASE("suspension stops every key at once, and activation gives them back", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());

    change_status(auth, ada, user_status::suspended);
    CHECK(auth.verify(token) == verdict::owner_suspended);
    const outcome<principal> refused = auth.authenticate(token);
    REQUIRE(!refused);
    CHECK(refused.error().status == 401);
    CHECK(refused.error().message ==
          "User is not active (status = \"suspended\"). Contact an admin to reactivate your account.");
    CHECK(refused.error().detail.empty());

    change_status(auth, ada, user_status::active);
    CHECK(auth.verify(token) == verdict::accepted);
}

TEST_CASE("an epoch that moved on makes every older key one that never was", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string before = auth.token_of(ada, unrestricted_rights());
    user_change change;
    change.drop_keys = true;
    REQUIRE(run_task(auth.memory.change_user(ada.id, std::move(change))));
    const std::string after = auth.token_of(ada, unrestricted_rights());

    CHECK(auth.verify(before) == verdict::unknown);
    CHECK(auth.verify(after) == verdict::accepted);
}

TEST_CASE("deleting a user kills his keys at once", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    REQUIRE(run_task(auth.memory.delete_user(ada.id, auth.now.now())));

    CHECK(auth.verify(token) != verdict::accepted);
    CHECK(status_of(auth.authenticate(token)) == 401);
}

TEST_CASE("owner state is checked on verify: a key that outlived its deleted owner is refused",
          "[auth][verifier]")
{
    auth_fixture auth; // as after a restored backup (contract 3.4)
    user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    ada.is_deleted = true;
    auth.records.to_answer = key_with_owner{auth.stored(token).key, owner_standing::of(ada)};
    auth.records.must_be_asked = true;

    const outcome<principal> refused = auth.authenticate(token);
    REQUIRE(!refused);
    CHECK(refused.error().detail == "API key belongs to a deleted user.");
}

TEST_CASE("fail closed: a store that cannot be asked is 503, never 401", "[auth][verifier]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    auth.records.cannot_read = true;

    CHECK(status_of(auth.authenticate(token)) == 503);
    auth.records.must_be_asked = true;
    CHECK(status_of(auth.authenticate(token)) == 503);
    CHECK(finish(auth.tokens.verify_by_asking(token)).what == verdict::unavailable);
}

TEST_CASE("a session slides once an hour of it is used, and not before", "[auth][verifier]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    const time_point expiry = auth.stored(token).key.expires_at;

    auth.now.advance(1h - 1us);
    REQUIRE(auth.authenticate(token));
    CHECK(auth.stored(token).key.expires_at == expiry);

    auth.now.advance(1us);
    const outcome<principal> caller = auth.authenticate(token);
    REQUIRE(caller);
    CHECK(auth.stored(token).key.expires_at == expiry + 1h);
    CHECK(caller->key().expires_at == expiry + 1h);
}

TEST_CASE("a token never slides, and a session not when refreshing is off", "[auth][verifier]")
{
    auth_settings settings;
    SECTION("login_type token") {}
    SECTION("refresh off")
    {
        settings.sessions.refresh = false;
    }
    auth_fixture auth{settings};
    const login_type login = settings.sessions.refresh ? login_type::token : login_type::password;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights(), login);
    const time_point expiry = auth.stored(token).key.expires_at;

    auth.now.advance(23h);
    REQUIRE(auth.authenticate(token));
    CHECK(auth.stored(token).key.expires_at == expiry);
}

TEST_CASE("hard maximum lifetime: sliding expiry never passes the longest there is", "[auth][verifier]")
{
    auth_settings settings;
    settings.sessions.longest = 30h;
    auth_fixture auth{settings};
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    const time_point created = auth.stored(token).key.created_at;

    auth.now.advance(20h);
    REQUIRE(auth.authenticate(token));
    CHECK(auth.stored(token).key.expires_at == created + 30h);

    auth.now.set(created + 30h);
    CHECK(auth.verify(token) == verdict::expired);
}

TEST_CASE("a store that cannot be written still lets sessions in until they expire", "[auth][verifier]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    auth.records.cannot_write = true;
    auth.now.advance(2h);

    CHECK(auth.authenticate(token));
    auth.now.advance(22h);
    CHECK(status_of(auth.authenticate(token)) == 401);
}

TEST_CASE("a use is recorded when it is accepted, and a rejected request changes nothing", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights());
    auth.now.advance(2h);

    CHECK(auth.verify(with_other_secret(token)) == verdict::wrong_secret);
    change_status(auth, ada, user_status::suspended);
    CHECK(!auth.authenticate(token));
    CHECK(auth.verify(token) == verdict::owner_suspended);
    CHECK(auth.records.uses == 0);
    CHECK(auth.stored(token).last_used == time_point{});
    CHECK(auth.stored(token).key.expires_at == auth.stored(token).key.created_at + 24h);

    change_status(auth, ada, user_status::active);
    CHECK(auth.verify(token) == verdict::accepted);
    CHECK(auth.stored(token).last_used == auth.now.now());
}

TEST_CASE("a principal is restricted as soon as its key is short of anything", "[auth][verifier]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");

    CHECK(auth.sign_in(ada).is_unrestricted());
    CHECK_FALSE(auth.sign_in(ada, {{"coder:all"}, {"user:*"}}).is_unrestricted());
    CHECK_FALSE(auth.sign_in(ada, {{"api_key:*"}, {"*:*"}}).is_unrestricted());
}
