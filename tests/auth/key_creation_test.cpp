#include "auth/names.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view cannot_create = "Failed to create API key.";
constexpr std::string_view cannot_validate = "Failed to validate create API key request.";

user system_user(auth_fixture& auth)
{
    REQUIRE(run_task(auth.users.ensure_system_user()));
    result<user> system = run_task(auth.memory.find_user(system_user_id));
    REQUIRE(system);
    return *system;
}

token_request named(std::string name)
{
    token_request asked;
    asked.name = std::move(name);
    return asked;
}

token_request with_scopes(std::vector<std::string> scopes)
{
    token_request asked;
    asked.scopes = std::move(scopes);
    return asked;
}

token_request for_a_lifetime(std::chrono::nanoseconds lifetime)
{
    token_request asked;
    asked.lifetime = lifetime;
    return asked;
}

std::vector<std::string> many_entries(std::size_t count)
{
    std::vector<std::string> entries;
    for (std::size_t i = 0; i < count; ++i)
        entries.push_back("workspace:" + to_string(random_uuid()));
    return entries;
}

} // namespace

TEST_CASE("a token is created with the defaults of the contract", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");

    const auto token = auth.create_token(auth.sign_in(ada), ada, named("ci"));
    REQUIRE(token);
    const key_listing made = auth.stored(token->expose());
    CHECK(auth.verify(token->expose()) == verdict::accepted);
    CHECK(made.key.login == login_type::token);
    CHECK(made.key.owner == ada.id);
    CHECK(made.key.name == "ci");
    CHECK(made.key.rights->scopes == std::vector<std::string>{"coder:all"});
    CHECK(made.key.rights->allow_list == std::vector<std::string>{"*:*"});
    CHECK(made.key.created_at == auth.now.now());
    CHECK(made.key.expires_at == auth.now.now() + 168h);
    CHECK(made.key.lifetime == 168h);
}

TEST_CASE("each wrong request is refused with its own words, and recorded once", "[auth][key_service]")
{
    struct row {
        token_request asked;
        std::string_view message;
        std::string detail;
        const char* reason;
    };
    token_request wrong_scope;
    wrong_scope.scope = "system:read";
    token_request both = with_scopes({"debug_info:read"});
    both.scope = "nonsense";
    token_request wrong_type;
    wrong_type.allow_list = {"spaceship:*"};
    token_request too_long;
    too_long.allow_list = many_entries(129);
    token_request all_wrong = with_scopes({"bad"});
    all_wrong.allow_list = {"spaceship:*"};
    all_wrong.lifetime = -1s;
    token_request two_wrong;
    two_wrong.allow_list = {"spaceship:*"};
    two_wrong.lifetime = -1s;
    const row rows[] = {
        {with_scopes({"debug_info:read"}),
         cannot_create,
         "invalid or unsupported API key scope: \"debug_info:read\"",
         "row 3a"},
        {wrong_scope, cannot_create, "invalid or unsupported API key scope: \"system:read\"", "row 3b"},
        {both, cannot_create, "invalid or unsupported API key scope: \"debug_info:read\"", "scopes win"},
        {wrong_type, cannot_create, "unknown resource type \"spaceship\"", "row 4"},
        {too_long, cannot_create, "allow_list has 129 entries; max allowed is 128", "row 4, 5.5"},
        {for_a_lifetime(-1ns), cannot_validate, "lifetime must be positive number greater than 0", "row 5"},
        {for_a_lifetime(999'999'999ns), cannot_validate, "lifetime must be at least 1s", "A4"},
        {for_a_lifetime(876600h + 1ns), cannot_validate, "lifetime must be less than 876600h0m0s", "row 6"},
        {all_wrong, cannot_create, "invalid or unsupported API key scope: \"bad\"", "row 3 before 4 and 5"},
        {two_wrong, cannot_create, "unknown resource type \"spaceship\"", "row 4 before 5"},
    };

    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    for (const row& one : rows) {
        CAPTURE(one.reason);
        auth.audit.entries.clear();
        const auto refused = auth.create_token(caller, ada, one.asked);
        REQUIRE(!refused);
        CHECK(refused.error().status == 400);
        CHECK(refused.error().message == one.message);
        CHECK(refused.error().detail == one.detail);
        REQUIRE(auth.audit.entries.size() == 1);
        CHECK(auth.audit.last().outcome == "refused");
        CHECK(auth.audit.last().status == 400);
        CHECK(auth.audit.last().diff.empty());
    }
}

TEST_CASE("the target's roles decide the longest lifetime, and equal to it is allowed", "[auth][key_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(boss);

    CHECK(auth.create_token(caller, ada, for_a_lifetime(876600h)));
    CHECK(auth.create_token(caller, boss, for_a_lifetime(168h)));
    const auto refused = auth.create_token(caller, boss, for_a_lifetime(168h + 1ns));
    REQUIRE(!refused);
    CHECK(refused.error().detail == "lifetime must be less than 168h0m0s");
    CHECK(*finish(auth.keys.maximum_lifetime(caller, ada, auth.from)) == 876600h);
    CHECK(*finish(auth.keys.maximum_lifetime(caller, boss, auth.from)) == 168h);
}

TEST_CASE("a default lifetime above the maximum is cut to it", "[auth][key_service]")
{
    auth_settings settings;
    settings.lifetimes.maximum = 2h; // A5
    auth_fixture auth{settings};
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);

    const auto token = auth.create_token(caller, ada);
    const auto session = finish(auth.keys.create_session_key(caller, ada, auth.from));
    REQUIRE(token);
    REQUIRE(session);
    CHECK(auth.stored(token->expose()).key.lifetime == 2h);
    CHECK(auth.stored(session->expose()).key.lifetime == 2h);
}

TEST_CASE("lifetimes are kept to the microsecond and shown in whole seconds", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");

    const auto token = auth.create_token(auth.sign_in(ada), ada, for_a_lifetime(1'999'999'999ns));
    REQUIRE(token);
    const key_listing made = auth.stored(token->expose());
    CHECK(made.key.expires_at == auth.now.now() + 1'999'999us);
    CHECK(made.key.lifetime == 1s);
}

TEST_CASE("scope names become canonical, without duplicates, in their order", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");

    const auto token = auth.create_token(
        auth.sign_in(ada), ada, with_scopes({"workspace:read", "all", "coder:all", "workspace:read"})); // A6
    REQUIRE(token);
    CHECK(auth.stored(token->expose()).key.rights->scopes ==
          std::vector<std::string>{"workspace:read", "coder:all"});
}

TEST_CASE("nobody gets a key of the system user", "[auth][key_service]")
{
    auth_fixture auth;
    const user system = system_user(auth);
    const principal caller = auth.sign_in(auth.add("boss", role::owner));

    const auto token = auth.create_token(caller, system, with_scopes({"bad"})); // row 2 before row 3
    const auto session = finish(auth.keys.create_session_key(caller, system, auth.from));
    CHECK(status_of(token) == 403);
    CHECK(token.error().message == "Forbidden.");
    CHECK(status_of(session) == 403);
}

TEST_CASE("creating for somebody else is an owner's right, and else 403", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    struct row {
        role_set roles;
        unsigned expected;
    };
    for (const row& one : {row{{}, 403},
                           row{role::user_admin, 403},
                           row{role::auditor, 403},
                           row{role::template_admin, 403},
                           row{role::owner, 0}}) {
        CAPTURE(int{one.roles.bits()});
        const user other = auth.add("user" + std::to_string(one.roles.bits()), one.roles);
        const principal caller = auth.sign_in(other);
        CHECK(status_of(auth.create_token(caller, ada)) == one.expected);
        CHECK(status_of(finish(auth.keys.create_session_key(caller, ada, auth.from))) == one.expected);
    }
}

TEST_CASE("whoever may not create does not learn which names are taken", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    REQUIRE(auth.create_token(auth.sign_in(ada), ada, named("ci")));
    const principal stranger = auth.sign_in(auth.add("eve", role::user_admin));

    CHECK(status_of(auth.create_token(stranger, ada, named("ci"))) == 403);
    CHECK(status_of(auth.create_token(stranger, ada, named("free"))) == 403);
}

TEST_CASE("a deleted user gets no key", "[auth][key_service]")
{
    auth_fixture auth;
    user ada = auth.add("ada");
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    REQUIRE(run_task(auth.memory.delete_user(ada.id, auth.now.now())));

    SECTION("known beforehand")
    {
        ada.is_deleted = true;
    }
    SECTION("deleted meanwhile") {}
    const auto refused = auth.create_token(boss, ada);
    REQUIRE(!refused);
    CHECK(refused.error().status == 500);
    CHECK(refused.error().message == cannot_create);
    CHECK(refused.error().detail == "insert API key: Cannot create API key for deleted user");
}

TEST_CASE("a taken name is 409 with the field `name`, expired ones included", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    const auto first = auth.create_token(caller, ada, named("foo"));
    REQUIRE(first);
    REQUIRE(finish(auth.keys.expire(caller, std::string{first->expose().substr(0, 10)}, auth.from)));
    auth.audit.entries.clear();

    const auto refused = auth.create_token(caller, ada, named("foo"));
    REQUIRE(!refused);
    CHECK(refused.error().status == 409);
    CHECK(refused.error().message == "A token with name \"foo\" already exists.");
    REQUIRE(refused.error().validations.size() == 1);
    CHECK(refused.error().validations[0].field == "name");
    CHECK(refused.error().validations[0].detail == "This value is already in use and should be unique.");
    REQUIRE(auth.audit.entries.size() == 1);
    CHECK(auth.audit.last().outcome == "refused");
    CHECK(auth.create_token(caller, ada, named("Foo"))); // case-sensitive
}

TEST_CASE("of two that create one name at once, the second is allowed and then failed", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    auth.records.before_insert = [&] {
        key_record other = draft_key(ada.id, login_type::token, unrestricted_rights(), auth.now.now(), 1h);
        other.name = "foo";
        REQUIRE(run_task(mint_key(auth.memory, auth.peppers, std::move(other))));
    };

    CHECK(status_of(auth.create_token(caller, ada, named("foo"))) == 409);
    REQUIRE(auth.audit.entries.size() == 2);
    CHECK(auth.audit.entries[0].outcome == "allowed");
    CHECK(auth.audit.entries[1].outcome == "failed");
    CHECK(auth.audit.entries[1].status == 409);
    CHECK(auth.audit.entries[1].diff.empty());
}

TEST_CASE("a store that cannot be written is 503, allowed and then failed", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    auth.records.cannot_write = true;

    const auto refused = auth.create_token(caller, ada);
    REQUIRE(!refused);
    CHECK(refused.error().status == 503);
    CHECK(refused.error().message == cannot_create);
    CHECK(refused.error().retry_after > 0s);
    REQUIRE(auth.audit.entries.size() == 2);
    CHECK(auth.audit.entries[1].outcome == "failed");
    CHECK(auth.audit.entries[1].status == 503);
}

TEST_CASE("an unnamed token gets a name, a session key has none", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);

    const auto token = auth.create_token(caller, ada);
    const auto session = finish(auth.keys.create_session_key(caller, ada, auth.from));
    REQUIRE(token);
    REQUIRE(session);
    CHECK_FALSE(auth.stored(token->expose()).key.name.empty());
    CHECK(auth.stored(session->expose()).key.name.empty());
    CHECK(auth.stored(session->expose()).key.login == login_type::password);
    CHECK(auth.stored(session->expose()).key.lifetime == 168h); // contract 1.4: not the session duration
}

TEST_CASE("a restricted key hands down no more than it has", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const key_rights rights{{"api_key:*", "user:read"}, {"api_key:*", "user:*"}};
    const principal caller = auth.sign_in(ada, rights);

    SECTION("a request without scopes and allow list inherits")
    {
        const auto token = auth.create_token(caller, ada);
        REQUIRE(token);
        CHECK(*auth.stored(token->expose()).key.rights == rights);
    }
    SECTION("a subset is given as asked")
    {
        const auto token = auth.create_token(caller, ada, with_scopes({"api_key:read"}));
        REQUIRE(token);
        CHECK(auth.stored(token->expose()).key.rights->scopes == std::vector<std::string>{"api_key:read"});
    }
    SECTION("a wider scope is refused, never narrowed")
    {
        for (const char* wider : {"coder:all", "all", "workspace:read", "user:*"}) {
            CAPTURE(wider);
            const auto refused = auth.create_token(caller, ada, with_scopes({"api_key:read", wider}));
            REQUIRE(!refused);
            CHECK(refused.error().status == 403);
            CHECK(refused.error().message == cannot_create);
            CHECK_THAT(refused.error().detail, Catch::Contains("exceeds the creating API key: scope"));
        }
    }
    SECTION("a wider allow list is refused")
    {
        token_request asked;
        asked.allow_list = {"*:*"};
        const auto refused = auth.create_token(caller, ada, asked);
        REQUIRE(!refused);
        CHECK(refused.error().status == 403);
        CHECK_THAT(refused.error().detail, Catch::Contains("exceeds the creating API key: allow list entry"));
    }
    SECTION("the child dies with its creator")
    {
        const auto token = auth.create_token(caller, ada, for_a_lifetime(100h));
        REQUIRE(token);
        const key_record child = auth.stored(token->expose()).key;
        CHECK(child.expires_at == caller.key().expires_at);
        CHECK(child.lifetime == 24h);
    }
    SECTION("its session key is a token with the same rights, and has a name")
    {
        const auto token = finish(auth.keys.create_session_key(caller, ada, auth.from));
        REQUIRE(token);
        const key_record child = auth.stored(token->expose()).key;
        CHECK(child.login == login_type::token);
        CHECK(*child.rights == rights);
        CHECK(child.expires_at == caller.key().expires_at);
        CHECK_FALSE(child.name.empty());
    }
}

TEST_CASE("a key without the right to create mints nothing", "[auth][key_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const principal reader = auth.sign_in_with_token(boss, "api_key:read");

    CHECK(status_of(auth.create_token(reader, boss)) == 403);
    CHECK(status_of(finish(auth.keys.create_session_key(reader, boss, auth.from))) == 403);
}
