// Until when what was read over one data connection may be taken as true. A connection that is tracked has
// one (storage/redis_watch.hpp), which replies carry with them; a later connection, or a later stream of
// invalidations for the same one, has another. On the thread of its io_context only.
#pragma once

#include <algorithm>
#include <chrono>

namespace latchkey {

class redis_lease {
public:
    using clock = std::chrono::steady_clock;

    // False once it has run out or was lost; after the former, true again as soon as it is extended.
    bool covers(clock::time_point now) const noexcept { return now < until_; }

    // For ever: Redis has forgotten, or will not tell, what was read under it.
    bool is_lost() const noexcept { return is_lost_; }

    // Everything that Redis did up to `proven` is known here. Earlier moments than the known one change
    // nothing.
    void extend(clock::time_point proven, clock::duration length) noexcept
    {
        if (!is_lost_) until_ = std::max(until_, proven + length);
    }

    void lose() noexcept
    {
        is_lost_ = true;
        until_ = clock::time_point::min();
    }

private:
    clock::time_point until_ = clock::time_point::min(); // nothing is proven yet
    bool is_lost_ = false;
};

} // namespace latchkey
