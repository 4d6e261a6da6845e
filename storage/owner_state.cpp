#include "storage/owner_state.hpp"

#include <algorithm>
#include <cassert>

namespace latchkey {
namespace {

constexpr std::uint64_t suspended_bit = 1;
constexpr std::uint64_t deleted_bit = 2;
constexpr int epoch_shift = 32;

std::uint64_t standing_of(const user& one) noexcept
{
    return std::uint64_t{one.key_epoch} << epoch_shift | (one.is_deleted ? deleted_bit : 0) |
           (one.status == user_status::suspended ? suspended_bit : 0);
}

// `now` less everything that `next` takes away.
user restricted(user now, const user& next)
{
    if (next.status == user_status::suspended) now.status = user_status::suspended;
    now.roles = role_set::from_bits(now.roles.bits() & next.roles.bits());
    now.is_deleted = now.is_deleted || next.is_deleted;
    now.key_epoch = std::max(now.key_epoch, next.key_epoch);
    return now;
}

} // namespace

void owned_keys::insert(key_entry* entry)
{
    if (entry->record.login == login_type::token) {
        tokens.insert(entry);
    } else {
        others.insert(entry);
    }
}

void owned_keys::erase(key_entry* entry)
{
    if (entry->record.login == login_type::token) {
        tokens.erase(entry);
    } else {
        others.erase(entry);
    }
}

owner_state::owner_state(user added, row_number at)
    : id{added.id},
      username{added.username},
      row{at},
      last_seen{added.last_seen_at},
      current_{std::move(added)},
      standing_{standing_of(current_)}
{}

owner_view owner_state::view() const noexcept
{
    const std::uint64_t standing = standing_.load(std::memory_order_acquire);
    return {id,
            username,
            (standing & suspended_bit) != 0 ? user_status::suspended : user_status::active,
            (standing & deleted_bit) != 0,
            static_cast<std::uint32_t>(standing >> epoch_shift)};
}

void owner_state::record_sighting(time_point when) noexcept
{
    time_point seen = last_seen.load();
    while (seen < when) {
        if (!last_seen.compare_exchange_weak(seen, when)) continue;
        has_unwritten_sighting.store(true);
        return;
    }
}

user owner_state::copy() const
{
    user one = current_;
    one.last_seen_at = last_seen.load();
    return one;
}

user owner_state::newest() const
{
    user one = changes_.empty() ? current_ : changes_.back();
    one.last_seen_at = last_seen.load();
    return one;
}

void owner_state::publish(user now)
{
    current_ = std::move(now);
    standing_.store(standing_of(current_), std::memory_order_release);
}

owned_keys owner_state::begin_change(user next)
{
    const bool drops_keys = next.key_epoch != current_.key_epoch;
    if (changes_.empty()) changes_.push_back(current_);
    publish(restricted(std::move(current_), next));
    changes_.push_back(std::move(next));
    return drops_keys ? std::exchange(keys, {}) : owned_keys{};
}

void owner_state::settle_change(bool is_durable)
{
    assert(changes_.size() > 1);
    user base = is_durable ? std::move(changes_[1]) : restricted(std::move(changes_[0]), changes_[1]);
    changes_.erase(changes_.begin());
    changes_.front() = base;

    for (std::size_t later = 1; later < changes_.size(); ++later) {
        base = restricted(std::move(base), changes_[later]);
    }
    publish(std::move(base));
    if (changes_.size() == 1) changes_.clear();
}

} // namespace latchkey
