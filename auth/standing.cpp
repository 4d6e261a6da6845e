#include "auth/standing.hpp"

#include "auth/verifier.hpp"

namespace latchkey {
namespace {

constexpr std::string_view cannot_ask = "An internal error occurred. Please try again.";

outcome<void> refused(verdict what, time_point expired_at = {})
{
    return refusal_for(what, {}, expired_at);
}

} // namespace

task<outcome<void>> still_stands(store& records, const clock& now, principal caller)
{
    const result<key_listing> key = co_await records.find_key(caller.key().id);
    if (!key && key.error() == storage_errc::not_found) co_return refused(verdict::unknown);
    if (!key) co_return refusals::from_error(key.error(), std::string{cannot_ask});
    const time_point ends = key->key.expires_at;
    if (ends <= now.now()) co_return refused(verdict::expired, ends);

    const result<user> owner = co_await records.find_user(caller.account().id);
    if (!owner && owner.error() == storage_errc::not_found) co_return refused(verdict::owner_deleted);
    if (!owner) co_return refusals::from_error(owner.error(), std::string{cannot_ask});
    if (owner->is_deleted) co_return refused(verdict::owner_deleted);
    if (owner->status != user_status::active) co_return refused(verdict::owner_suspended);
    const bool lost_role = (caller.account().roles.bits() & ~owner->roles.bits()) != 0;
    if (lost_role) co_return refusals::forbidden();
    co_return outcome<void>{};
}

} // namespace latchkey
