// Is this token good? The hot path: `verify` is a plain function that allocates nothing. One object per
// shard, or one for all: it has no mutable state of its own.
#pragma once

#include "auth/pepper.hpp"
#include "auth/principal.hpp"
#include "auth/refusal.hpp"
#include "auth/token.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace latchkey {

enum class verdict {
    accepted,
    ask,       // not known in memory: co_await verify_by_asking
    malformed, // see `fault`
    unknown,   // no such id, or its owner's epoch moved on
    wrong_secret,
    expired,
    owner_deleted,
    owner_suspended,
    unavailable, // the store could not be asked
};

// While it lives it may hold a stripe of the store's table: use it at once, never across a co_await, and
// ask nothing else of the store meanwhile.
struct verification {
    verdict what = verdict::unknown;
    token_fault fault{}; // of a malformed token

    // Set when accepted, expired, wrong_secret, owner_*; key and owner are valid while this lives.
    key_lookup found;
};

struct session_settings {
    bool refresh = true; // sliding expiry of session keys (contract 3.6)

    // No session slides beyond this age (security.md 3): the --max-token-lifetime.
    std::chrono::nanoseconds longest = std::chrono::hours{876600};
};

class verifier {
public:
    verifier(store& records, const pepper_set& peppers, const clock& now, session_settings sessions);

    // Order of contract 3.2: format, id, secret, expiry, owner. Unknown ids cost what wrong secrets cost.
    // Records the use of an accepted key. Never blocks, never allocates, never throws. `ask` also where what
    // is in memory was not proven to be so at `least` or later; who asks then gets what is newer.
    verification verify(std::string_view token, revision least = any_revision) noexcept;

    // A verification of this token, as it seems, is about to come. As store::expect.
    void expect(std::string_view token, lookup_comes when) const noexcept;

    // As verify, after `ask`: with copies instead of views. unavailable when the store cannot be asked. The
    // text outlives the task.
    struct asked {
        verdict what = verdict::unavailable;
        key_with_owner found;
    };
    task<asked> verify_by_asking(std::string_view token);

    // The verdict of both, without recording a use: for a token that the server made for itself.
    task<verdict> probe(std::string token);

    // As both, with copies, whether memory knows the key or not, and without recording a use: for somebody
    // who asks about a token without using it.
    task<asked> inspect(std::string token, revision least = any_revision);

    // A principal for the API, or the refusal with the words of contract 3.4 and 3.5. Slides the expiry of
    // session keys; updates last_used and last_seen.
    // `least` as in verify.
    task<outcome<principal>> authenticate(std::string token, revision least = any_revision);

private:
    enum class is_used : bool { no, yes };

    // verify and verify_by_asking; without recording the use, or only where it is one.
    verification examine(std::string_view token, time_point now, revision least = any_revision) noexcept;
    task<asked> examine_by_asking(std::string_view token, time_point now, is_used used);
    asked judged(result<key_with_owner> found, std::string_view token, time_point now) const;

    // The owner as he is now, of a key that was accepted.
    struct account_check {
        verdict what = verdict::unavailable;
        user account;
    };
    task<account_check> account_behind(key_record key, revision least);

    // When the key expires from now on: moved for a session that is used (contract 3.6). not_found: it has
    // been deleted meanwhile.
    task<result<time_point>> slid_expiry(key_record key, time_point now);

    verdict judge(const key_facts& key,
                  const owner_view& owner,
                  const pepper_set::hashes& secret,
                  time_point now) const noexcept;

    store& store_;
    const pepper_set& peppers_;
    const clock& clock_;
    session_settings sessions_;
};

// The words of contract 3.4 and 3.5 for a verdict that is not accepted.
refusal refusal_for(verdict what, const token_fault& fault, time_point expired_at);

} // namespace latchkey
