// The part of the memory table that deals with users.
#include "storage/memory_table.hpp"

namespace latchkey {
namespace {

result<user> copy_if_visible(owner_state* owner)
{
    if (owner == nullptr) return storage_errc::not_found;
    const std::lock_guard hold{owner->mutex};
    if (!owner->is_visible()) return storage_errc::not_found;
    return owner->copy();
}

} // namespace

result<user_creation> memory_table::begin_insert_user(user added, bool only_if_first)
{
    const row_number row = ++last_user_row_;
    const auto inserted = users_.insert(added, row, only_if_first);
    if (!inserted) return inserted.error();
    return user_creation{row, std::move(added)};
}

void memory_table::commit_user(const user_creation& created)
{
    if (owner_state* const owner = users_.find(created.added.id)) users_.admit(*owner);
}

void memory_table::withdraw_user(const user_creation& created)
{
    if (owner_state* const owner = users_.find(created.added.id)) users_.withdraw(*owner);
}

result<user> memory_table::find_user(const uuid& id) const
{
    owner_state* const owner = users_.find(id);
    if (owner == nullptr) return storage_errc::not_found;
    const std::lock_guard hold{owner->mutex};
    if (owner->is_pending) return storage_errc::not_found;
    return owner->copy();
}

result<user> memory_table::find_user_by_username(std::string_view username) const
{
    return copy_if_visible(users_.find_by_username(username));
}

result<user> memory_table::find_user_by_email(std::string_view email) const
{
    return copy_if_visible(users_.find_by_email(email));
}

std::vector<user> memory_table::list_users() const
{
    std::vector<user> listed;
    for (owner_state* const owner : users_.by_username()) {
        const std::lock_guard hold{owner->mutex};
        if (owner->is_visible() && !owner->current().is_system) listed.push_back(owner->copy());
    }
    return listed;
}

bool memory_table::takes_away(const uuid& id, const user_change& change) const
{
    owner_state* const owner = users_.find(id);
    if (owner == nullptr) return false;
    const std::lock_guard hold{owner->mutex};
    if (!owner->is_visible()) return false;

    const user& now = owner->current();
    const bool has_keys = !owner->keys.tokens.empty() || !owner->keys.others.empty();
    const bool ends_standing = change.status == user_status::suspended && now.status == user_status::active;
    const bool ends_role = change.roles && (now.roles.bits() & ~change.roles->bits()) != 0;
    return ends_standing || ends_role || (change.drop_keys && has_keys);
}

result<user_changed> memory_table::begin_change(const uuid& id, const user_change& change)
{
    owner_state* const owner = users_.find(id);
    if (owner == nullptr) return storage_errc::not_found;
    const std::lock_guard hold{owner->mutex};
    if (!owner->is_visible()) return storage_errc::not_found;

    const user before = owner->newest();
    user next = before;
    if (change.status) next.status = *change.status;
    if (change.roles) next.roles = *change.roles;
    if (change.password_hash) next.password_hash = *change.password_hash;
    if (change.drop_keys) ++next.key_epoch;
    next.updated_at = change.now;
    return begin(*owner, before, std::move(next));
}

result<user_changed> memory_table::begin_delete(const uuid& id, time_point now)
{
    owner_state* const owner = users_.find(id);
    if (owner == nullptr) return storage_errc::not_found;
    const std::lock_guard hold{owner->mutex};
    if (!owner->is_visible()) return storage_errc::not_found;

    user before = owner->newest();
    user next = before;
    next.is_deleted = true;
    next.updated_at = now;
    ++next.key_epoch;
    users_.release_names(*owner);
    return begin(*owner, std::move(before), std::move(next));
}

result<user_changed> memory_table::begin(owner_state& owner, user before, user next)
{
    user_changed changed{std::move(before), {owner.row, next}};
    dropped_.add(owner.begin_change(std::move(next)));
    return changed;
}

user_rewrite memory_table::settle_change(const uuid& id, bool is_durable)
{
    owner_state& owner = *users_.find(id);
    const std::lock_guard hold{owner.mutex};
    owner.settle_change(is_durable);
    return {owner.row, owner.copy()};
}

void memory_table::take_unwritten_sightings(std::vector<user_sighting>& sightings)
{
    users_.take_unwritten_sightings(sightings);
}

result<owner_state*> memory_table::load_user(user loaded, row_number row)
{
    last_user_row_ = std::max(last_user_row_.load(), row);
    const auto inserted = users_.insert(std::move(loaded), row, false);
    if (inserted) users_.admit(**inserted);
    return inserted;
}

} // namespace latchkey
