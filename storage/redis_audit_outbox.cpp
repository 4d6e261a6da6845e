#include "storage/redis_audit_outbox.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace latchkey {

void redis_audit_outbox::add(std::string line)
{
    const std::lock_guard hold{mutex_};
    lines_.push_back(std::move(line));
    make_room();
}

std::vector<std::string> redis_audit_outbox::take(std::size_t most)
{
    const std::lock_guard hold{mutex_};
    const std::size_t count = std::min(most, lines_.size());
    const auto end = lines_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<std::string> taken{std::make_move_iterator(lines_.begin()), std::make_move_iterator(end)};
    lines_.erase(lines_.begin(), end);
    taken_ += count;
    return taken;
}

void redis_audit_outbox::give_back(std::size_t taken, std::vector<std::string> unsent)
{
    const std::lock_guard hold{mutex_};
    taken_ -= taken;
    lines_.insert(
        lines_.begin(), std::make_move_iterator(unsent.begin()), std::make_move_iterator(unsent.end()));
    make_room();
}

std::size_t redis_audit_outbox::size() const
{
    const std::lock_guard hold{mutex_};
    return lines_.size() + taken_;
}

std::uint64_t redis_audit_outbox::dropped() const
{
    const std::lock_guard hold{mutex_};
    return dropped_;
}

bool redis_audit_outbox::begin_sending(instant now, std::chrono::milliseconds longest)
{
    const std::lock_guard hold{mutex_};
    if (now < busy_until_) return false;
    busy_until_ = now + longest;
    return true;
}

void redis_audit_outbox::end_sending()
{
    const std::lock_guard hold{mutex_};
    busy_until_ = {};
}

void redis_audit_outbox::make_room()
{
    while (lines_.size() > limit_) {
        lines_.pop_front();
        ++dropped_;
    }
}

} // namespace latchkey
