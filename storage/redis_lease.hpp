// Until when what was read over one data connection may be taken as true. A connection that is tracked has
// one (storage/redis_watch.hpp), which replies carry with them; a later connection, or a later stream of
// invalidations for the same one, has another. Also how far, by the clock of that very Redis, it is proven
// (storage/revision.hpp). On the thread of its io_context only.
#pragma once

#include "storage/revision.hpp"

#include <algorithm>
#include <chrono>

namespace latchkey {

class redis_lease {
public:
    using clock = std::chrono::steady_clock;

    // False once it has run out or was lost; after the former, true again as soon as it is extended.
    bool covers(clock::time_point now, revision least = any_revision) const noexcept
    {
        return now < until_ && proven_ >= least;
    }

    // For ever: Redis has forgotten, or will not tell, what was read under it.
    bool is_lost() const noexcept { return is_lost_; }

    // Everything that Redis did up to `proven` is known here. Earlier moments than the known one change
    // nothing.
    void extend(clock::time_point proven, clock::duration length) noexcept
    {
        if (!is_lost_) until_ = std::max(until_, proven + length);
    }

    // The same by the clock of Redis, which showed `redis_time` then; the microsecond itself was not over.
    // The latest reading counts and not the greatest: a clock that was set back has to catch up.
    void prove_before(revision redis_time) noexcept
    {
        if (!is_lost_) proven_ = std::max(any_revision, redis_time - 1);
    }

    void lose() noexcept
    {
        is_lost_ = true;
        until_ = clock::time_point::min();
    }

private:
    clock::time_point until_ = clock::time_point::min(); // nothing is proven yet
    revision proven_ = any_revision;                     // nor is anything of the clock of Redis
    bool is_lost_ = false;
};

} // namespace latchkey
