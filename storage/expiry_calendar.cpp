#include "storage/expiry_calendar.hpp"

#include <algorithm>
#include <functional>

namespace latchkey {

void expiry_calendar::schedule(time_point when, const key_id& id)
{
    if (when < open_until_.load()) add(when, id);
}

std::optional<expiry_calendar::window> expiry_calendar::open_window(time_point now)
{
    const time_point open_until = open_until_.load();
    if (open_until != time_point::min() && open_until - now > horizon / 2) return std::nullopt;

    // Opened before the pass starts: a key that enters the table behind the pass schedules itself.
    const window next{open_until, now + horizon};
    open_until_.store(next.until);
    return next;
}

void expiry_calendar::add(time_point when, const key_id& id)
{
    const std::lock_guard hold{mutex_};
    dates_.push_back({when, id});
    std::push_heap(dates_.begin(), dates_.end(), std::greater<>{});
}

std::optional<key_id> expiry_calendar::take_due(time_point now)
{
    const std::lock_guard hold{mutex_};
    if (dates_.empty() || dates_.front().when > now) return std::nullopt;
    std::pop_heap(dates_.begin(), dates_.end(), std::greater<>{});
    const key_id id = dates_.back().id;
    dates_.pop_back();
    if (dates_.empty()) dates_.shrink_to_fit(); // after a wave of expiries
    return id;
}

} // namespace latchkey
