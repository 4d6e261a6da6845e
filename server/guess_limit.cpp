#include "server/guess_limit.hpp"

namespace latchkey {

rate_decision count_guess(rate_limiter& limits, const rate_subject& who)
{
    return limits.count(rate_class::guess, who, {});
}

} // namespace latchkey
