// Logging in and out (contract 8.2, 1.10).
#include "auth/key_minting.hpp"
#include "auth/scope.hpp"
#include "auth/user_service.hpp"

namespace latchkey {
namespace {

constexpr std::string_view internal_error = "Internal error.";
constexpr std::string_view not_proven = "Incorrect email or password.";

intended_action login_of(const std::optional<user>& known)
{
    intended_action intent{"login", "api_key", std::nullopt, {}, 201, {}, {}};
    if (known) intent.resource_id = known->id;
    return intent;
}

} // namespace

task<outcome<secret_text>> user_service::login(std::string email, secret_text password, request_origin from)
{
    outcome<user> account = co_await proven_user(std::move(email), std::move(password), from);
    if (!account) co_return account.error();
    outcome<secret_text> token = co_await start_session(std::move(*account), std::move(from));
    co_return token;
}

task<outcome<user>> user_service::proven_user(std::string email, secret_text password, request_origin from)
{
    // Service accounts and the system user have no address: an empty one is nobody's.
    result<user> found = error_code{storage_errc::not_found};
    if (!email.empty()) found = co_await store_.find_user_by_email(std::move(email));
    if (!found && found.error() != storage_errc::not_found)
        co_return refusals::from_error(found.error(), std::string{internal_error});

    std::optional<user> known;
    if (found) known = std::move(*found);
    std::string stored = known ? known->password_hash : std::string{};
    const result<bool> matches = co_await hasher_.matches(std::move(password), std::move(stored));
    // Not recorded: a flood of logins must not become a flood of entries.
    if (!matches) co_return refusals::from_error(matches.error(), std::string{internal_error});

    // The password comes first: what is said below is said to its owner only.
    std::optional<refusal> why;
    if (!known || !*matches) {
        why = refusals::login_refused(std::string{not_proven});
    } else if (!logins_.password_login) {
        why = refusals::denied("Password authentication is disabled.");
    } else if (known->login != login_type::password) {
        why = refusals::denied("Incorrect login type, attempting to use \"password\" but user is of login "
                               "type \"" +
                               std::string{to_string(known->login)} + "\"");
    } else if (known->status != user_status::active) {
        why = refusals::login_refused(
            "Your account is suspended. Contact an admin to reactivate your account.");
    }
    if (!why) co_return std::move(*known);

    // Unknown addresses are recorded as well, since writing the entry takes time that could be measured;
    // without the address, in which people type passwords.
    intended_action intent = login_of(known);
    refusal told = co_await decisions_.refuse_login(
        std::move(known), std::move(intent), std::move(*why), std::move(from));
    co_return told;
}

task<outcome<secret_text>> user_service::start_session(user account, request_origin from)
{
    intended_action intent = login_of(account);
    const outcome<void> recorded = co_await decisions_.record(account, intent, from);
    if (!recorded) co_return recorded.error();

    const time_point now = clock_.now();
    key_record draft =
        draft_key(account.id, login_type::password, unrestricted_rights(), now, lifetimes_.session);
    result<secret_text> token = co_await mint_key(store_, peppers_, std::move(draft));
    std::optional<refusal> obstacle;
    if (!token) {
        obstacle = refusals::from_error(token.error(), std::string{internal_error});
        if (token.error() == storage_errc::owner_gone) // deleted between the look and the insert
            obstacle = refusals::login_refused(std::string{not_proven});
    } else {
        obstacle = co_await login_obstacle(account);
        if (obstacle) co_await unmint_key(store_, std::move(*token));
    }
    if (obstacle) {
        refusal told = co_await decisions_.failed(
            std::nullopt, std::move(intent), std::move(*obstacle), std::move(from));
        co_return told;
    }
    store_.record_seen(account.id, now);
    co_return std::move(*token);
}

// The password was compared with `account` as it was before Argon2id and the audit log had their time. If it
// was changed meanwhile, or all keys were dropped, this session must not be the one that stays.
task<std::optional<refusal>> user_service::login_obstacle(user account)
{
    const result<user> now = co_await store_.find_user(account.id);
    if (!now && now.error() != storage_errc::not_found)
        co_return refusals::from_error(now.error(), std::string{internal_error});
    const bool is_same = now && !now->is_deleted && now->key_epoch == account.key_epoch &&
                         now->password_hash == account.password_hash;
    if (!is_same) co_return refusals::login_refused(std::string{not_proven});
    co_return std::nullopt;
}

task<outcome<void>> user_service::logout(principal caller, request_origin from)
{
    // No right is asked for: whoever holds a key may give it up, whatever its scopes.
    intended_action intent{
        "logout", "api_key", caller.account().id, std::string{caller.key().name}, 200, {}, {}};
    const outcome<void> recorded = co_await decisions_.record_of(caller, intent, from);
    if (!recorded) co_return recorded.error();

    const result<void> ended = co_await end_session(caller.key());
    if (ended) co_return outcome<void>{};
    refusal why = refusals::from_error(ended.error(), "Internal error deleting API key.");
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<result<void>> user_service::end_session(key_record presented)
{
    // The presented key goes first, so that it is gone even if the rest fails. One that is gone already is
    // what was wanted.
    std::vector<key_id> ends{presented.id};
    result<std::vector<key_listing>> others = co_await store_.list_all_keys(presented.owner);
    if (others) {
        for (const key_listing& other : *others) {
            const bool is_presented = other.key.id == presented.id;
            const bool hangs_on_it = legacy_scope_view(other.key.rights->scopes) == "application_connect";
            if (hangs_on_it && !is_presented) ends.push_back(other.key.id);
        }
    }
    for (const key_id& id : ends) {
        const result<key_listing> deleted = co_await store_.delete_key(id);
        if (!deleted && deleted.error() != storage_errc::not_found) co_return deleted.error();
    }
    if (!others) co_return others.error();
    co_return result<void>{};
}

} // namespace latchkey
