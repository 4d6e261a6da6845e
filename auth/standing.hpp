// Between the check of a token and the effect of its request lie waits: for the audit log, for Argon2id. A
// caller who is revoked in one of them must not leave an effect behind that outlives the revocation
// (security.md 25). No state; any thread.
#pragma once

#include "auth/principal.hpp"
#include "auth/refusal.hpp"
#include "storage/store.hpp"

namespace latchkey {

// Asks the store whether `caller` still is who he was proven to be: the key is there and lives, its owner is
// active, and has every role that he had. 401 in the words of contract 3.4, 403 for a lost role, 503 when the
// store cannot be asked.
task<outcome<void>> still_stands(store& records, const clock& now, principal caller);

} // namespace latchkey
