#include "auth/verifier.hpp"

#include "auth/time_text.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::chrono::hours slide_threshold{1}; // contract 3.6

// A key whose epoch is not its owner's any more was deleted with all the others of that owner: nobody can
// tell it from one that never was. So that is said before all else, and the owner's state last.
bool is_dropped(const key_facts& key, const owner_view& owner) noexcept
{
    return key.owner_epoch != owner.key_epoch;
}

verdict verdict_on(const owner_view& owner) noexcept
{
    if (owner.is_deleted) return verdict::owner_deleted;
    if (owner.status != user_status::active) return verdict::owner_suspended;
    return verdict::accepted;
}

} // namespace

verifier::verifier(store& records, const pepper_set& peppers, const clock& now, session_settings sessions)
    : store_{records},
      peppers_{peppers},
      clock_{now},
      sessions_{sessions}
{}

verdict verifier::judge(const key_facts& key,
                        const owner_view& owner,
                        const pepper_set::hashes& secret,
                        time_point now) const noexcept
{
    const bool matches = pepper_set::matches(key, secret); // first, so that every outcome costs the same
    if (is_dropped(key, owner)) return verdict::unknown;
    // Where the hash is gone with the lifetime (contract A14), the secret cannot be judged any more.
    if (key.kind == digest_kind::wiped) return verdict::expired;
    if (!matches) return verdict::wrong_secret;
    if (key.expires_at <= now) return verdict::expired;
    return verdict_on(owner);
}

verification verifier::examine(std::string_view token, time_point now, revision least) noexcept
{
    verification seen;
    const parsed_token parsed = parse_token(token);
    if (!parsed) {
        seen.what = verdict::malformed;
        seen.fault = parsed.fault;
        return seen;
    }
    // Memory fetches the key while its secret is hashed (./dev bench verify).
    const std::optional<hashed_id> id = hashed_id::parse(parsed.id);
    const pepper_set::hashes secret = peppers_.hashes_of(parsed.secret);
    if (id) seen.found = store_.lookup(*id, least);
    if (!id || seen.found.what == key_lookup::outcome::absent) {
        pepper_set::dummy_check(secret);
        seen.what = verdict::unknown;
    } else if (seen.found.what == key_lookup::outcome::ask) {
        seen.what = verdict::ask;
    } else {
        seen.what = judge(*seen.found.key, seen.found.owner, secret, now);
    }
    return seen;
}

verification verifier::verify(std::string_view token, revision least) noexcept
{
    const time_point now = clock_.now();
    verification seen = examine(token, now, least);
    if (seen.what == verdict::accepted) seen.found.record_use(now);
    return seen;
}

void verifier::expect(std::string_view token, lookup_comes when) const noexcept
{
    if (token.size() >= key_id::length) store_.expect(hashed_id::unchecked(token), when);
}

task<verifier::asked> verifier::examine_by_asking(std::string_view token, time_point now, is_used used)
{
    const std::optional<key_id> id = key_id::parse(parse_token(token).id);
    if (!id) { // only a token that `examine` did not send here
        asked seen;
        seen.what = parse_token(token) ? verdict::unknown : verdict::malformed;
        co_return seen;
    }
    auto asking = store_.ask(*id);
    result<key_with_owner> found = co_await std::move(asking);
    asked seen = judged(std::move(found), token, now);
    if (used == is_used::yes && seen.what == verdict::accepted) store_.record_use(*id, now);
    co_return seen;
}

verifier::asked verifier::judged(result<key_with_owner> found, std::string_view token, time_point now) const
{
    asked seen;
    const pepper_set::hashes secret = peppers_.hashes_of(parse_token(token).secret);
    if (!found) {
        pepper_set::dummy_check(secret);
        seen.what = found.error() == storage_errc::not_found ? verdict::unknown : verdict::unavailable;
        return seen;
    }
    seen.found = std::move(*found);
    seen.what = judge(seen.found.key, seen.found.owner.view(), secret, now);
    return seen;
}

task<verifier::asked> verifier::verify_by_asking(std::string_view token)
{
    return examine_by_asking(token, clock_.now(), is_used::yes);
}

task<verdict> verifier::probe(std::string token)
{
    const time_point now = clock_.now();
    const verdict known = examine(token, now).what; // lets go of the table at once
    if (known != verdict::ask) co_return known;
    auto asking = examine_by_asking(token, now, is_used::no);
    const asked answer = co_await std::move(asking);
    co_return answer.what;
}

task<verifier::asked> verifier::inspect(std::string token, revision least)
{
    const time_point now = clock_.now();
    asked seen;
    {
        const verification known = examine(token, now, least);
        seen.what = known.what;
        if (known.found.key != nullptr) {
            seen.found.key = known.found.record();
            seen.found.owner = owner_standing::of(known.found.owner);
        }
    } // lets go of the table before the first co_await
    if (seen.what != verdict::ask) co_return seen;
    auto asking = examine_by_asking(token, now, is_used::no);
    seen = co_await std::move(asking);
    co_return seen;
}

task<verifier::account_check> verifier::account_behind(key_record key, revision least)
{
    account_check seen;
    result<user> owner = co_await store_.find_account(key.owner, least);
    if (!owner) {
        const bool is_gone = owner.error() == storage_errc::not_found;
        seen.what = is_gone ? verdict::owner_deleted : verdict::unavailable;
        co_return seen;
    }
    seen.account = std::move(*owner);
    // An epoch below the key's is one that the record has yet to catch up with: the key was judged by the
    // owner's standing, which is ahead of it.
    const owner_standing standing = owner_standing::of(seen.account);
    seen.what = key.owner_epoch < standing.key_epoch ? verdict::unknown : verdict_on(standing.view());
    co_return seen;
}

task<result<time_point>> verifier::slid_expiry(key_record key, time_point now)
{
    if (key.login != login_type::password || !sessions_.refresh) co_return key.expires_at;
    if (key.expires_at - now > key.lifetime - slide_threshold) co_return key.expires_at;
    const time_point last = key.created_at + std::chrono::floor<microseconds>(sessions_.longest);
    const time_point until = std::min<time_point>(now + key.lifetime, last);
    if (until <= key.expires_at) co_return key.expires_at;

    const result<void> extended = co_await store_.extend_key(key.id, until, now);
    if (extended) co_return until;
    if (extended.error() == storage_errc::not_found) co_return extended.error();
    // A store that cannot be written keeps the old expiry. The session is good until then; refusing it
    // would make a full disk lock everybody out who could free it.
    co_return key.expires_at;
}

task<outcome<principal>> verifier::authenticate(std::string token, revision least)
{
    const time_point now = clock_.now();
    verdict what{};
    key_record key;
    token_fault fault;
    {
        const verification first = examine(token, now, least);
        what = first.what;
        fault = first.fault;
        if (first.found.key != nullptr) key = first.found.record();
    } // lets go of the table before the first co_await

    if (what == verdict::ask) {
        asked answer = co_await examine_by_asking(token, now, is_used::no);
        what = answer.what;
        key = std::move(answer.found.key);
    }
    user account;
    if (what == verdict::accepted) {
        account_check owner = co_await account_behind(key, least);
        what = owner.what;
        account = std::move(owner.account);
        account.last_seen_at = std::max(account.last_seen_at, now);
    }
    if (what == verdict::accepted) {
        const result<time_point> expiry = co_await slid_expiry(key, now);
        if (expiry) key.expires_at = *expiry;
        if (!expiry) what = verdict::unknown;
    }
    // What else is written comes after this line: a rejected request changes nothing (contract 3.2).
    if (what != verdict::accepted) co_return refusal_for(what, fault, key.expires_at);

    store_.record_use(key.id, now);
    store_.record_seen(account.id, now);

    auto proof = std::make_shared<principal::proof>();
    proof->account = std::move(account);
    proof->key = std::move(key);
    const key_rights& rights = *proof->key.rights;
    proof->scope_permissions = permissions_of(rights.scopes);
    const bool has_every_object =
        std::find(rights.allow_list.begin(), rights.allow_list.end(), "*:*") != rights.allow_list.end();
    proof->unrestricted = has_every_object && proof->scope_permissions == permission_set::everything();
    co_return principal{std::move(proof)};
}

refusal refusal_for(verdict what, const token_fault& fault, time_point expired_at)
{
    switch (what) {
    case verdict::malformed: return refusals::unauthenticated(detail_text(fault));
    case verdict::wrong_secret: return refusals::unauthenticated("API key secret is invalid.");
    case verdict::expired: {
        std::string detail = "API key expired at \"";
        append_go_time(detail, expired_at);
        detail += "\".";
        return refusals::unauthenticated(std::move(detail));
    }
    case verdict::owner_deleted: return refusals::unauthenticated("API key belongs to a deleted user.");
    case verdict::owner_suspended: return refusals::inactive_account();
    case verdict::ask:
    case verdict::unavailable: {
        refusal why = refusals::unavailable(
            "An internal error occurred. Please try again or contact the system administrator.");
        why.detail = "Internal error fetching API key by id.";
        return why;
    }
    case verdict::accepted: // never asked for: there is nothing to refuse
    case verdict::unknown: break;
    }
    return refusals::unauthenticated("API key is invalid.");
}

} // namespace latchkey
