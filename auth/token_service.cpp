#include "auth/token_service.hpp"

#include "auth/allow_list.hpp"
#include "auth/audit_diff.hpp"

#include <utility>

namespace latchkey {
namespace {

// Whoever may read the key; and auditors, whose role shows them what was done with tokens but not the
// tokens' records. Their key's scopes and allow list narrow them as everybody.
bool may_introspect(const principal& caller, const uuid& owner) noexcept
{
    if (permits(caller, action::read, key_of(owner))) return true;
    return caller.account().roles.has(role::auditor) &&
           permits(caller, action::read, key_of(caller.account().id));
}

} // namespace

task<outcome<std::optional<key_with_owner>>>
token_service::introspect(principal caller, std::string token, revision least, request_origin from)
{
    const object own = key_of(caller.account().id);
    intended_action asking{"read", "api_key", std::nullopt, {}, 200, {}, {}};
    const outcome<void> may_ask = co_await decisions_.decide_read(
        caller, action::read, own, std::move(asking), refusals::forbidden(), from);
    if (!may_ask) co_return may_ask.error();

    auto inspecting = tokens_.inspect(std::move(token), least);
    verifier::asked seen = co_await std::move(inspecting);
    if (seen.what == verdict::unavailable) co_return refusals::unavailable();
    if (seen.what != verdict::accepted) co_return std::optional<key_with_owner>{};

    const key_record& key = seen.found.key;
    if (may_introspect(caller, key.owner)) co_return std::optional<key_with_owner>{std::move(seen.found)};

    const object what = key_of(key.owner);
    intended_action reading{"read", "api_key", key.owner, std::string{key.name}, 200, {}, {}};
    const outcome<void> refused = co_await decisions_.decide_read(
        caller, action::read, what, std::move(reading), refusals::not_found(), std::move(from));
    // That the refusal could not be recorded is no answer about the token.
    if (!refused && refused.error().status != refusals::not_found().status) co_return refused.error();
    co_return std::optional<key_with_owner>{};
}

task<outcome<revision>> token_service::revoke(std::string token, request_origin from)
{
    // Not from a cache: one that has yet to hear of the token would have it stay alive.
    auto inspecting = tokens_.inspect(std::move(token), no_kept_revision);
    verifier::asked seen = co_await std::move(inspecting);
    switch (seen.what) {
    case verdict::unavailable: co_return refusals::unavailable();
    case verdict::expired: {
        // A moment ago perhaps, by a write that is not on the disk yet. The store answers when the end
        // outlives a crash, and changes nothing: so it does not matter whether the secret was right.
        const result<expiry_change> settled = co_await store_.expire_key(seen.found.key.id, clock_.now());
        if (settled) co_return settled->changed_at;
        if (settled.error() == storage_errc::not_found) co_return present();
        co_return refusals::from_error(settled.error(), std::string{cannot_expire_key});
    }
    case verdict::accepted:
    case verdict::owner_suspended: break; // the secret was right
    default: co_return present();
    }
    auto expiring = expire_proven(std::move(seen.found.key), std::move(from));
    outcome<revision> ended = co_await std::move(expiring);
    co_return ended;
}

// What is answered where nothing was changed, so that the answer does not tell.
revision token_service::present() const noexcept
{
    return clock_.now().time_since_epoch().count();
}

task<outcome<revision>> token_service::expire_proven(key_record key, request_origin from)
{
    result<user> owner = co_await store_.find_user(key.owner);
    if (!owner && owner.error() == storage_errc::not_found) co_return present(); // and his keys
    if (!owner) co_return refusals::from_error(owner.error(), std::string{cannot_expire_key});

    const time_point now = clock_.now();
    intended_action intent{"write", "api_key", key.owner, std::string{key.name}, 200, {}, {}};
    intent.diff = diff_of_expired(key.expires_at, now);
    intent.additional_fields["key_id"] = key.id.view();
    intent.additional_fields["reason"] = "revoked_by_holder";
    const outcome<void> recorded = co_await decisions_.record(*owner, intent, from);
    if (!recorded) co_return recorded.error();

    const result<expiry_change> expired = co_await store_.expire_key(key.id, now);
    if (expired) co_return expired->changed_at;
    if (expired.error() == storage_errc::not_found) co_return present();
    refusal why = refusals::from_error(expired.error(), std::string{cannot_expire_key});
    refusal told =
        co_await decisions_.failed_act_of(*owner, std::move(intent), std::move(why), std::move(from));
    co_return told;
}

} // namespace latchkey
