// When something was changed that a verification depends on: in microseconds since 1970, by the clock of
// whoever holds the records (of the Redis server that made the change; of this process where it keeps them
// itself). Who was told one, and shows it with a verification, is not answered from anything older. Values;
// the source serves all threads.
#pragma once

#include "storage/records.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <utility>

namespace latchkey {

using revision = std::int64_t;

inline constexpr revision any_revision = 0; // what is older than everything; nothing in particular is wanted
inline constexpr revision no_kept_revision = std::numeric_limits<revision>::max(); // newer than what is kept

// What a change returns, and when it was. any_revision: of no concern to verifications.
template <class Record>
struct revised : Record {
    revised() = default;
    revised(Record record, revision when) : Record(std::move(record)), changed_at{when} {}

    revision changed_at = any_revision;
};

// Of a process that holds the records itself. Each revision is greater than the ones before, whatever becomes
// of the clock.
class revision_source {
public:
    revision next(time_point now) noexcept
    {
        const revision proposed = now.time_since_epoch().count();
        revision last = last_.load(std::memory_order_relaxed);
        revision next = 0;
        do
            next = std::max(proposed, last + 1);
        while (!last_.compare_exchange_weak(last, next, std::memory_order_relaxed));
        return next;
    }

private:
    std::atomic<revision> last_{any_revision};
};

} // namespace latchkey
