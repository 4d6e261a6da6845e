// The limit on guessing tokens, wherever possession of one is the credential: one count for each address and
// minute over all such routes (--guess-limit). Only bad tokens are counted and only they are refused for it,
// so that nobody is shut out by others behind the same address. Any thread.
#pragma once

#include "auth/verifier.hpp"
#include "server/rate_limiter.hpp"

namespace latchkey {

// Whether a token was made up, as far as one can tell: what was good once (expired, its owner gone or
// suspended) was not.
constexpr bool is_guess(verdict what) noexcept
{
    return what == verdict::malformed || what == verdict::unknown || what == verdict::wrong_secret;
}

// Counts one bad token. Refused: to be answered with 429 and the decision's retry_after.
[[nodiscard]] rate_decision count_guess(rate_limiter& limits, const rate_subject& who);

} // namespace latchkey
