// Creating keys: the checks of contract 1.2 in their order, inheritance from the creating key (1.3), and
// the one way from a draft to a stored key.
#include "auth/allow_list.hpp"
#include "auth/audit_diff.hpp"
#include "auth/key_minting.hpp"
#include "auth/key_service.hpp"
#include "auth/names.hpp"
#include "auth/quoted_text.hpp"
#include "auth/standing.hpp"
#include "auth/verifier.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::string_view cannot_create_key = "Failed to create API key.";
constexpr std::string_view cannot_validate = "Failed to validate create API key request.";

refusal cannot(std::string_view message, std::string detail)
{
    return refusals::bad_request(std::string{message}, std::move(detail));
}

refusal name_is_taken(std::string_view name)
{
    refusal why = refusals::conflict("A token with name " + in_quotes(name) + " already exists.");
    why.validations.push_back({"name", "This value is already in use and should be unique."});
    return why;
}

refusal owner_is_deleted()
{
    return refusals::internal(std::string{cannot_create_key},
                              "insert API key: Cannot create API key for deleted user");
}

// What somebody else did between the look and the insert; or the store is away.
refusal cannot_insert(error_code why, std::string_view name)
{
    if (why == storage_errc::name_taken) return name_is_taken(name);
    if (why == storage_errc::owner_gone) return owner_is_deleted();
    return refusals::from_error(why, std::string{cannot_create_key});
}

outcome<std::vector<std::string>> allow_list_of(const token_request& asked)
{
    if (asked.allow_list.empty()) return std::vector<std::string>{};
    std::vector<allow_entry> entries;
    for (const std::string& text : asked.allow_list) {
        checked<allow_entry> entry = parse_allow_entry(text);
        if (!entry) return cannot(cannot_create_key, entry.error().text);
        entries.push_back(*entry);
    }
    checked<std::vector<std::string>> normalised = normalise_allow_list(std::move(entries));
    if (!normalised) return cannot(cannot_create_key, normalised.error().text);
    return std::move(*normalised);
}

std::optional<refusal> lifetime_fault(nanoseconds asked, nanoseconds maximum)
{
    if (asked == nanoseconds{0}) return std::nullopt;
    if (asked < nanoseconds{0}) {
        return cannot(cannot_validate, "lifetime must be positive number greater than 0");
    }
    if (asked < std::chrono::seconds{1}) return cannot(cannot_validate, "lifetime must be at least 1s"); // A4
    if (asked <= maximum) return std::nullopt;
    return cannot(cannot_validate, "lifetime must be less than " + duration_text(maximum));
}

std::optional<refusal> coverage_fault(const coverage& found)
{
    switch (found.what) {
    case coverage::outcome::covered: return std::nullopt;
    case coverage::outcome::exceeds: return refusals::denied(std::string{cannot_create_key}, found.text);
    case coverage::outcome::undetermined: break;
    }
    return refusals::internal(std::string{cannot_create_key}, "generate API key: " + found.text);
}

// Contract 1.3 and A3. A key never gives more than the key that made it; what a request leaves open, it
// inherits. For an unrestricted creator that comes to everything.
std::optional<refusal> inherit(const key_record& creator, key_rights& rights)
{
    const key_rights& held = *creator.rights;
    if (rights.scopes.empty()) {
        rights.scopes = held.scopes;
    } else if (auto exceeds = coverage_fault(scopes_covered(rights.scopes, held.scopes))) {
        return exceeds;
    }
    if (rights.allow_list.empty()) {
        rights.allow_list = held.allow_list;
        return std::nullopt;
    }
    return coverage_fault(allow_list_covered(rights.allow_list, held.allow_list));
}

// The child of a restricted key does not outlive it.
void cap_expiry(key_record& draft, const key_record& creator)
{
    if (draft.expires_at <= creator.expires_at) return;
    draft.expires_at = creator.expires_at;
    const auto left = std::max(creator.expires_at - draft.created_at, microseconds{0});
    draft.lifetime = std::chrono::floor<std::chrono::seconds>(left);
}

intended_action creation_of(const user& target, std::string name)
{
    return {"create", "api_key", target.id, std::move(name), 201, {}, {}};
}

// What the caller of a creation is told once the refusal is recorded.
task<outcome<secret_text>> no_token(task<refusal> recording)
{
    refusal told = co_await std::move(recording);
    co_return told;
}

} // namespace

nanoseconds key_service::maximum_for(const user& target) const noexcept
{
    return target.roles.has(role::owner) ? lifetimes_.admin_maximum : lifetimes_.maximum;
}

outcome<key_record>
key_service::drafted(const principal& caller, const user& target, const token_request& asked) const
{
    if (target.is_system) return refusals::forbidden();

    key_rights rights;
    checked<std::vector<std::string>> scopes = canonical_scopes(asked.scopes, asked.scope);
    if (!scopes) return cannot(cannot_create_key, scopes.error().text);
    rights.scopes = std::move(*scopes);
    outcome<std::vector<std::string>> allow_list = allow_list_of(asked);
    if (!allow_list) return allow_list.error();
    rights.allow_list = std::move(*allow_list);

    const nanoseconds maximum = maximum_for(target);
    if (auto wrong = lifetime_fault(asked.lifetime, maximum)) return std::move(*wrong);
    const bool is_default = asked.lifetime == nanoseconds{0};
    const nanoseconds lifetime = is_default ? std::min(lifetimes_.standard, maximum) : asked.lifetime; // A5

    if (auto exceeds = inherit(caller.key(), rights)) return std::move(*exceeds);
    key_record draft = draft_key(target.id, login_type::token, std::move(rights), clock_.now(), lifetime);
    if (!caller.is_unrestricted()) cap_expiry(draft, caller.key());
    draft.name = asked.name;
    return draft;
}

// These two and `issue` are no coroutines, so that nothing of theirs is kept while the creation is recorded
// and stored
// (./dev bench create).

task<outcome<secret_text>>
key_service::create_token(principal caller, user target, token_request asked, request_origin from)
{
    outcome<key_record> draft = drafted(caller, target, asked);
    if (!draft) {
        intended_action intent = creation_of(target, std::move(asked.name));
        return no_token(decisions_.refuse(
            std::move(caller), std::move(intent), std::move(draft).error(), std::move(from)));
    }
    return issue(std::move(caller), std::move(target), std::move(*draft), std::move(from));
}

task<outcome<secret_text>> key_service::create_session_key(principal caller, user target, request_origin from)
{
    outcome<key_record> draft = drafted(caller, target, token_request{});
    if (!draft) {
        return no_token(decisions_.refuse(
            std::move(caller), creation_of(target, {}), std::move(draft).error(), std::move(from)));
    }
    // The child of a restricted key stays a token, with a generated name: a session would slide on and on.
    if (caller.is_unrestricted()) draft->login = login_type::password;
    return issue(std::move(caller), std::move(target), std::move(*draft), std::move(from));
}

task<outcome<void>> key_service::check_free(uuid owner, std::string name)
{
    const result<key_listing> found = co_await store_.find_key_by_name(owner, name);
    if (found) co_return name_is_taken(name);
    if (found.error() == storage_errc::not_found) co_return outcome<void>{};
    co_return refusals::from_error(found.error(), std::string{cannot_create_key});
}

task<outcome<secret_text>>
key_service::issue(principal caller, user target, key_record draft, request_origin from)
{
    intended_action intent = creation_of(target, std::string{draft.name});
    // Whose names are taken is nobody's business who may not create here, so this comes first; the refusal
    // itself is left to `decide`, which records it.
    if (permits(caller, action::create, key_of(target.id))) {
        if (target.is_deleted) {
            return no_token(
                decisions_.refuse(std::move(caller), std::move(intent), owner_is_deleted(), std::move(from)));
        }
        if (!draft.name.empty())
            return issue_if_free(std::move(caller), std::move(draft), std::move(intent), std::move(from));
        if (draft.login == login_type::token) intent.resource_target = generate_token_name();
        draft.name = intent.resource_target;
    }
    return record_and_mint(std::move(caller), std::move(draft), std::move(intent), std::move(from));
}

task<outcome<secret_text>>
key_service::issue_if_free(principal caller, key_record draft, intended_action intent, request_origin from)
{
    auto checking = check_free(draft.owner, intent.resource_target);
    outcome<void> is_free = co_await std::move(checking);
    if (!is_free && is_free.error().cause) co_return std::move(is_free).error();
    if (!is_free) {
        auto refusing = decisions_.refuse(
            std::move(caller), std::move(intent), std::move(is_free).error(), std::move(from));
        refusal told = co_await std::move(refusing);
        co_return told;
    }
    auto minting = record_and_mint(std::move(caller), std::move(draft), std::move(intent), std::move(from));
    outcome<secret_text> token = co_await std::move(minting);
    co_return token;
}

task<outcome<void>> key_service::decide_creation(const principal& caller,
                                                 const key_record& draft,
                                                 const intended_action& intent,
                                                 const request_origin& from)
{
    intended_action with_diff = intent; // which only this needs: what fails has changed nothing
    with_diff.diff = diff_of_created(draft);
    return decisions_.decide(
        caller, action::create, key_of(draft.owner), std::move(with_diff), refusals::forbidden(), from); // A2
}

task<outcome<secret_text>>
key_service::record_and_mint(principal caller, key_record draft, intended_action intent, request_origin from)
{
    auto deciding = decide_creation(caller, draft, intent, from);
    outcome<void> decided = co_await std::move(deciding);
    if (!decided) co_return std::move(decided).error();

    auto minting = mint_for(caller, std::move(draft));
    outcome<secret_text> token = co_await std::move(minting);
    if (token) co_return token;
    auto telling = no_token(
        decisions_.failed(std::move(caller), std::move(intent), std::move(token).error(), std::move(from)));
    token = co_await std::move(telling);
    co_return token;
}

task<outcome<secret_text>> key_service::mint_for(principal caller, key_record draft)
{
    const std::string name{draft.name};
    const bool is_own = caller.account().id == draft.owner;
    std::optional<key_id> creator;
    if (is_own) creator = caller.key().id;
    result<secret_text> token = co_await mint_key(store_, peppers_, std::move(draft), creator);
    const bool is_revoked = !token && token.error() == storage_errc::creator_gone;
    if (!token && !is_revoked) co_return cannot_insert(token.error(), name);
    if (token && is_own) co_return std::move(*token);

    // Of somebody else's key the store cannot tell whether its creator stands. Asked behind the insert: a
    // revocation that is not seen now finds the new key there. Asked before it, one could slip in between,
    // and leave a key that was made by one it had ended.
    const outcome<void> stands = co_await still_stands(store_, clock_, caller);
    if (token && stands) co_return std::move(*token);
    if (token) co_await unmint_key(store_, std::move(*token));
    co_return stands ? refusal_for(verdict::unknown, {}, {}) : stands.error();
}

} // namespace latchkey
