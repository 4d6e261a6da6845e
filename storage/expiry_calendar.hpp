// When something is next due for a key: its lifetime ends, or its retention does. Holds only what falls
// within the next minutes; later dates cost no memory, because a periodic pass over all keys offers the
// next window. Owned by the memory table; every function may be called from every thread.
#pragma once

#include "storage/records.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <vector>

namespace latchkey {

class expiry_calendar {
public:
    static constexpr std::chrono::minutes horizon{10};

    struct window {
        time_point from; // inclusive
        time_point until;

        bool holds(time_point when) const noexcept { return from <= when && when < until; }
    };

    // Something is due for the key at `when`. Forgotten at once if that lies behind the window: the pass
    // that opens its window will find it. Call it after the key is in the table, or a pass may miss it.
    void schedule(time_point when, const key_id& id);

    // The window to offer now, if it is time for one: the caller then passes over all keys and adds
    // those whose date it holds.
    std::optional<window> open_window(time_point now);

    void add(time_point when, const key_id& id);

    // A key for which something was due at `now` or before; a hint, to be checked against the key.
    std::optional<key_id> take_due(time_point now);

private:
    struct date {
        time_point when;
        key_id id;

        bool operator>(const date& other) const noexcept { return when > other.when; }
    };

    std::atomic<time_point> open_until_{time_point::min()};
    std::mutex mutex_;
    std::vector<date> dates_; // a heap, the earliest first
};

} // namespace latchkey
