#include "storage/redis_marks.hpp"

#include <algorithm>
#include <new>

namespace latchkey {

template <class Id, class Hash>
void redis_marks::part<Id, Hash>::raise(const Id& id, time_point when)
{
    const std::lock_guard hold{mutex};
    time_point& mark = marks[id];
    if (mark < when) mark = when;
}

template <class Id, class Hash>
time_point redis_marks::part<Id, Hash>::find(const Id& id) const
{
    const std::lock_guard hold{mutex};
    const auto found = marks.find(id);
    return found == marks.end() ? time_point{} : found->second;
}

template <class Id, class Hash>
void redis_marks::part<Id, Hash>::append_to(std::vector<std::pair<Id, time_point>>& all) const
{
    const std::lock_guard hold{mutex};
    all.insert(all.end(), marks.begin(), marks.end());
}

template <class Id, class Hash>
void redis_marks::part<Id, Hash>::settle(const std::pair<Id, time_point>& written)
{
    const std::lock_guard hold{mutex};
    const auto found = marks.find(written.first);
    if (found != marks.end() && found->second <= written.second) marks.erase(found);
}

void redis_marks::record_use(const key_id& id, time_point when) noexcept
{
    try {
        uses_[part_of(id)].raise(id, when);
    } catch (const std::bad_alloc&) {
        return; // worth less than the request that brought it
    }
}

void redis_marks::record_seen(const uuid& id, time_point when) noexcept
{
    try {
        sightings_.raise(id, when);
    } catch (const std::bad_alloc&) {
        return;
    }
}

time_point redis_marks::last_use(const key_id& id) const
{
    return uses_[part_of(id)].find(id);
}

time_point redis_marks::last_seen(const uuid& id) const
{
    return sightings_.find(id);
}

std::vector<redis_marks::use> redis_marks::uses() const
{
    std::vector<use> all;
    for (const key_part& one : uses_)
        one.append_to(all);
    return all;
}

std::vector<redis_marks::use> redis_marks::uses_due(std::chrono::steady_clock::time_point now,
                                                    std::chrono::milliseconds interval)
{
    const std::chrono::steady_clock::duration turn = interval / part_count;
    std::vector<use> due;
    for (std::size_t parts = 0; parts < part_count && due_until_ + turn <= now; ++parts) {
        uses_[next_due_++ % part_count].append_to(due);
        due_until_ += turn;
    }
    if (due_until_ + turn <= now) due_until_ = now; // all of them, and nobody had asked for long
    return due;
}

std::chrono::microseconds redis_marks::turn(std::chrono::milliseconds interval) noexcept
{
    constexpr std::chrono::microseconds shortest{10'000};
    return std::max<std::chrono::microseconds>(shortest, interval / part_count);
}

std::vector<redis_marks::sighting> redis_marks::sightings() const
{
    std::vector<sighting> all;
    sightings_.append_to(all);
    return all;
}

void redis_marks::settle(const use& written)
{
    uses_[part_of(written.first)].settle(written);
}

void redis_marks::settle(const sighting& written)
{
    sightings_.settle(written);
}

} // namespace latchkey
