// Where every key comes from: the one function that makes a secret and stores a key for it (security.md 14).
#pragma once

#include "auth/duration.hpp"
#include "auth/pepper.hpp"
#include "auth/secret.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace latchkey {

// What a key is to be, all but its id and secret. created_at in whole microseconds, as the clock gives it;
// lifetime_seconds truncated (contract 2).
key_record draft_key(uuid owner, login_type login, key_rights rights, time_point now, nanoseconds lifetime);

// `coder:all` and `*:*`.
key_rights unrestricted_rights();

struct made_key {
    key_record record;
    secret_text token;
};

// Draws an id and a secret for `draft`. Nothing is stored, and the id may be taken.
made_key make_key(const store& records, const pepper_set& peppers, key_record draft);

// Makes and inserts; the printed token. Another id is drawn when the first is taken. With a creator as
// store::insert_key_by. name_taken, owner_gone, creator_gone, unavailable.
task<result<secret_text>> mint_key(store& records,
                                   const pepper_set& peppers,
                                   key_record draft,
                                   std::optional<key_id> creator = std::nullopt);

// Takes back a token that mint_key has just made and nobody has seen. Best effort: who fails to hear its
// secret cannot use it.
task<void> unmint_key(store& records, secret_text token);

} // namespace latchkey
