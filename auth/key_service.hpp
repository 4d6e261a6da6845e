// Everything that is done to keys on a caller's behalf (contract section 1). Each operation takes the
// principal first, decides and records in one call, and only then acts. One object serves all shards.
#pragma once

#include "auth/decision.hpp"
#include "auth/duration.hpp"
#include "auth/pepper.hpp"
#include "auth/principal.hpp"
#include "auth/refusal.hpp"
#include "auth/secret.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

struct lifetime_settings {
    std::chrono::nanoseconds standard = std::chrono::hours{168};      // --default-token-lifetime
    std::chrono::nanoseconds maximum = std::chrono::hours{876600};    // --max-token-lifetime
    std::chrono::nanoseconds admin_maximum = std::chrono::hours{168}; // --max-admin-token-lifetime
    std::chrono::nanoseconds session = std::chrono::hours{24};        // --session-duration
};

// The body of POST .../keys/tokens, decoded (contract 1.2). Allow-list entries have the right shape;
// whether their types exist is checked here.
struct token_request {
    std::chrono::nanoseconds lifetime{0}; // 0: the default
    std::string scope;                    // legacy, looked at only if `scopes` is empty
    std::vector<std::string> scopes;
    std::string name; // empty: generated
    std::vector<std::string> allow_list;
};

struct token_list_request {
    bool include_all = false;
    bool include_expired = false;
    std::optional<key_id> after;
    std::size_t limit = 0;
};

// What a caller may see of a list: its beginning, and the way to what follows. Nothing follows where there is
// none.
struct token_listing {
    std::vector<key_listing> first;
    std::unique_ptr<token_list> rest;
};

class key_service {
public:
    key_service(store& records,
                decision_log& decisions,
                const pepper_set& peppers,
                const clock& now,
                lifetime_settings lifetimes);

    // The printed token. Refusals and their order: contract 1.2, A2-A6, A18; inheritance 1.3, A3.
    task<outcome<secret_text>>
    create_token(principal caller, user target, token_request asked, request_origin from);

    // Session-type key (contract 1.4).
    task<outcome<secret_text>> create_session_key(principal caller, user target, request_origin from);

    // By id alone; whoever `target` is (contract 1.5). `id` as it stood in the path.
    task<outcome<key_listing>> find_by_id(principal caller, std::string id, request_origin from);
    task<outcome<key_listing>>
    find_by_name(principal caller, user target, std::string name, request_origin from);
    task<outcome<token_listing>>
    list_tokens(principal caller, user target, token_list_request asked, request_origin from);

    // Idempotent; an expired key stays as it is, without an entry (contract 1.8). When it was done.
    task<outcome<revision>> expire(principal caller, std::string id, request_origin from);
    task<outcome<revision>> remove(principal caller, std::string id, request_origin from);

    // By the roles of `target` (contract 1.9).
    task<outcome<std::chrono::nanoseconds>>
    maximum_lifetime(principal caller, user target, request_origin from);

private:
    // Rows 2 to 6 of contract 1.2, and A3 to A6: the key that `asked` describes, or the first refusal.
    outcome<key_record>
    drafted(const principal& caller, const user& target, const token_request& asked) const;

    // Rows 7 to 9: names it, decides, records, inserts.
    task<outcome<secret_text>> issue(principal caller, user target, key_record draft, request_origin from);
    task<outcome<secret_text>>
    issue_if_free(principal caller, key_record draft, intended_action intent, request_origin from);
    task<outcome<secret_text>>
    record_and_mint(principal caller, key_record draft, intended_action intent, request_origin from);
    task<outcome<void>> decide_creation(const principal& caller,
                                        const key_record& draft,
                                        const intended_action& intent,
                                        const request_origin& from);

    // Makes and inserts, if the caller still stands once the key is there.
    task<outcome<secret_text>> mint_for(principal caller, key_record draft);

    // 409 when the owner has a token of that name already.
    task<outcome<void>> check_free(uuid owner, std::string name);

    // What a caller is told about a key that does not exist. Recorded as if it were somebody else's, unless
    // he may see everybody's: neither the answer nor its time tells which ids exist.
    task<refusal> missing_key(principal caller, action wanted, std::string what, request_origin from);

    nanoseconds maximum_for(const user& target) const noexcept;

    store& store_;
    decision_log& decisions_;
    const pepper_set& peppers_;
    const clock& clock_;
    lifetime_settings lifetimes_;
};

} // namespace latchkey
