#include "auth/key_service.hpp"

#include "auth/audit_diff.hpp"

namespace latchkey {
namespace {

constexpr std::size_t first_tokens = 1000; // of a list; most lists are no longer

constexpr std::string_view cannot_fetch = "Internal error fetching API key.";
constexpr std::string_view cannot_list = "Internal error fetching API keys.";
constexpr std::string_view cannot_delete = "Internal error deleting API key.";

intended_action intended(std::string what, const key_record& key, unsigned success_status)
{
    return {std::move(what), "api_key", key.owner, std::string{key.name}, success_status, {}, {}};
}

} // namespace

key_service::key_service(store& records,
                         decision_log& decisions,
                         const pepper_set& peppers,
                         const clock& now,
                         lifetime_settings lifetimes)
    : store_{records},
      decisions_{decisions},
      peppers_{peppers},
      clock_{now},
      lifetimes_{lifetimes}
{}

task<refusal> key_service::missing_key(principal caller, action wanted, std::string what, request_origin from)
{
    intended_action intent{std::move(what), "api_key", std::nullopt, {}, 200, {}, {}};
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, wanted, key_of(std::nullopt), std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    co_return refusals::not_found();
}

task<outcome<key_listing>> key_service::find_by_id(principal caller, std::string id, request_origin from)
{
    const std::optional<key_id> parsed = key_id::parse(id);
    result<key_listing> found = error_code{storage_errc::not_found};
    if (parsed) found = co_await store_.find_key(*parsed);
    if (!found && found.error() == storage_errc::not_found) {
        refusal why = co_await missing_key(std::move(caller), action::read, "read", std::move(from));
        co_return why;
    }
    if (!found) co_return refusals::from_error(found.error(), std::string{cannot_fetch});

    const object what = key_of(found->key.owner);
    intended_action intent = intended("read", found->key, 200);
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    co_return std::move(*found);
}

task<outcome<key_listing>>
key_service::find_by_name(principal caller, user target, std::string name, request_origin from)
{
    // Decided before it is looked for, so that nobody learns which names another user's tokens have.
    const object what = key_of(target.id);
    intended_action intent{"read", "api_key", target.id, name, 200, {}, {}};
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    if (name.empty()) co_return refusals::not_found();

    result<key_listing> found = co_await store_.find_key_by_name(target.id, std::move(name));
    if (!found) co_return refusals::from_error(found.error(), std::string{cannot_fetch});
    co_return std::move(*found);
}

task<outcome<token_listing>>
key_service::list_tokens(principal caller, user target, token_list_request asked, request_origin)
{
    // A list is cut to what the caller may read, and refused to nobody (contract 1.6, 6.2): so there is
    // nothing to record.
    key_query query;
    query.include_expired = asked.include_expired;
    query.now = clock_.now();
    query.after = asked.after;
    query.limit = asked.limit;
    query.owner = asked.include_all ? caller.account().id : target.id;
    if (asked.include_all && permits(caller, action::read, key_of(std::nullopt))) query.owner.reset();
    token_listing seen;
    if (!permits(caller, action::read, key_of(query.owner))) co_return seen;

    seen.rest = store_.list_tokens(std::move(query));
    while (seen.rest && seen.first.size() < first_tokens) {
        result<std::vector<key_listing>> page = co_await seen.rest->next();
        if (!page) co_return refusals::from_error(page.error(), std::string{cannot_list});
        if (page->empty()) seen.rest.reset();
        std::move(page->begin(), page->end(), std::back_inserter(seen.first));
    }
    co_return seen;
}

task<outcome<revision>> key_service::expire(principal caller, std::string id, request_origin from)
{
    const std::optional<key_id> parsed = key_id::parse(id);
    result<key_listing> found = error_code{storage_errc::not_found};
    if (parsed) found = co_await store_.find_key(*parsed);
    if (!found && found.error() == storage_errc::not_found) {
        refusal why = co_await missing_key(std::move(caller), action::update, "write", std::move(from));
        co_return why;
    }
    if (!found) co_return refusals::from_error(found.error(), std::string{cannot_expire_key});

    const time_point now = clock_.now();
    const object what = key_of(found->key.owner);
    const bool has_expired = found->key.expires_at <= now;
    if (has_expired && permits(caller, action::update, what)) { // contract 1.8
        // It may have been expired a moment ago, by a write that is not on the disk yet, or cannot get there.
        // The store answers when "it has expired" outlives a crash, and changes nothing.
        const result<expiry_change> settled = co_await store_.expire_key(*parsed, now);
        if (settled) co_return settled->changed_at;
        if (settled.error() == storage_errc::not_found) co_return any_revision;
        co_return refusals::from_error(settled.error(), std::string{cannot_expire_key});
    }

    intended_action intent = intended("write", found->key, 204);
    intent.diff = diff_of_expired(found->key.expires_at, now);
    const outcome<void> decided =
        co_await decisions_.decide(caller, action::update, what, intent, refusals::not_found(), from);
    if (!decided) co_return decided.error();

    const result<expiry_change> expired = co_await store_.expire_key(*parsed, now);
    if (expired) co_return expired->changed_at;
    refusal why = refusals::from_error(expired.error(), std::string{cannot_expire_key});
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<outcome<revision>> key_service::remove(principal caller, std::string id, request_origin from)
{
    const std::optional<key_id> parsed = key_id::parse(id);
    result<key_listing> found = error_code{storage_errc::not_found};
    if (parsed) found = co_await store_.find_key(*parsed);
    if (!found && found.error() == storage_errc::not_found) {
        refusal why = co_await missing_key(std::move(caller), action::delete_, "delete", std::move(from));
        co_return why;
    }
    if (!found) co_return refusals::from_error(found.error(), std::string{cannot_delete});

    const object what = key_of(found->key.owner);
    intended_action intent = intended("delete", found->key, 204);
    intent.diff = diff_of_deleted(*found);
    const outcome<void> decided =
        co_await decisions_.decide(caller, action::delete_, what, intent, refusals::not_found(), from);
    if (!decided) co_return decided.error();

    const result<revised<key_listing>> deleted = co_await store_.delete_key(*parsed);
    if (deleted) co_return deleted->changed_at;
    refusal why = refusals::from_error(deleted.error(), std::string{cannot_delete});
    refusal told =
        co_await decisions_.failed(std::move(caller), std::move(intent), std::move(why), std::move(from));
    co_return told;
}

task<outcome<std::chrono::nanoseconds>>
key_service::maximum_lifetime(principal caller, user target, request_origin from)
{
    const object what = object_of(target);
    intended_action intent{"read", "user", target.id, target.username, 200, {}, {}};
    const outcome<void> seen = co_await decisions_.decide_read(
        caller, action::read, what, std::move(intent), refusals::not_found(), std::move(from));
    if (!seen) co_return seen.error();
    co_return maximum_for(target);
}

} // namespace latchkey
