#include "tests/support/auth_fixture.hpp"

#include "auth/password.hpp"

namespace latchkey::test {

auth_fixture::auth_fixture(auth_settings settings)
    : pool{1, settings.waiting_hashes},
      keys{records, decisions, peppers, now, settings.lifetimes},
      users{records, decisions, hasher, peppers, now, settings.lifetimes, settings.logins},
      tokens{records, peppers, now, settings.sessions}
{
    from.request_id = random_uuid();
    from.address = "192.0.2.7";
    from.user_agent = "test";
}

user auth_fixture::add(std::string username, role_set roles)
{
    user added;
    added.id = random_uuid();
    added.email = username + "@example.org";
    added.username = std::move(username);
    added.roles = roles;
    added.created_at = added.updated_at = now.now();
    const result<void> inserted = run_task(memory.insert_user(added));
    REQUIRE(inserted);
    return added;
}

user auth_fixture::add_with_password(std::string username, role_set roles)
{
    static const std::string hash = hash_password(secret(good_password));
    user added = add(std::move(username), roles);
    user_change change;
    change.password_hash = hash;
    change.now = now.now();
    const result<user> changed = run_task(memory.change_user(added.id, std::move(change)));
    REQUIRE(changed);
    return *changed;
}

std::string auth_fixture::token_of(const user& owner, key_rights rights, login_type login)
{
    key_record draft = draft_key(owner.id, login, std::move(rights), now.now(), std::chrono::hours{24});
    if (login == login_type::token) draft.name = "made-by-fixture-" + to_string(random_uuid());
    const result<secret_text> token = run_task(mint_key(memory, peppers, std::move(draft)));
    REQUIRE(token);
    return std::string{token->expose()};
}

outcome<principal> auth_fixture::authenticate(std::string token)
{
    return finish(tokens.authenticate(std::move(token)));
}

principal auth_fixture::sign_in(const user& owner, key_rights rights)
{
    outcome<principal> proven = authenticate(token_of(owner, std::move(rights)));
    REQUIRE(proven);
    return *proven;
}

principal auth_fixture::sign_in_with_token(const user& owner, std::string_view scope)
{
    outcome<principal> proven =
        authenticate(token_of(owner, {{std::string{scope}}, {"*:*"}}, login_type::token));
    REQUIRE(proven);
    return *proven;
}

outcome<secret_text>
auth_fixture::create_token(const principal& caller, const user& target, token_request asked)
{
    return finish(keys.create_token(caller, target, std::move(asked), from));
}

key_listing auth_fixture::stored(std::string_view token)
{
    const auto id = key_id::parse(token.substr(0, key_id::length));
    REQUIRE(id);
    result<key_listing> found = run_task(memory.find_key(*id));
    REQUIRE(found);
    return *found;
}

} // namespace latchkey::test
