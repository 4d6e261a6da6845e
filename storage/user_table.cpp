#include "storage/user_table.hpp"

#include "storage/lower_case.hpp"

#include <algorithm>

namespace latchkey {

result<owner_state*> user_table::insert(user added, row_number row, bool only_if_first)
{
    const std::unique_lock hold{mutex_};
    const std::string username = lower_case(added.username);
    const std::string email = lower_case(added.email);
    if (only_if_first && people_ != 0) return storage_errc::users_exist;
    if (by_id_.contains(added.id)) return storage_errc::id_taken;
    const bool has_names = !added.is_deleted; // deleted ones come from a file that is being loaded
    if (has_names && by_username_.contains(username)) return storage_errc::username_taken;
    if (has_names && !email.empty() && by_email_.contains(email)) return storage_errc::email_taken;

    auto owner = std::make_unique<owner_state>(std::move(added), row);
    owner_state* const inserted = owner.get();
    by_id_.emplace(inserted->id, std::move(owner));
    if (!has_names) return inserted;
    by_username_.emplace(username, inserted);
    if (!email.empty()) by_email_.emplace(email, inserted);
    if (!inserted->current().is_system) ++people_;
    return inserted;
}

void user_table::admit(owner_state& pending)
{
    const std::lock_guard hold_owner{pending.mutex};
    const std::unique_lock hold{mutex_};
    pending.is_pending = false;
    const user& admitted = pending.current();
    if (!admitted.is_system && !admitted.is_deleted) ++admitted_people_;
}

void user_table::withdraw(owner_state& pending)
{
    const std::unique_lock hold{mutex_};
    forget_names(pending);
    if (!pending.current().is_system) --people_;
    // Somebody who found the user a moment ago may be waiting for its lock: kept, out of reach.
    const auto found = by_id_.find(pending.id);
    withdrawn_.push_back(std::move(found->second));
    by_id_.erase(found);
}

void user_table::release_names(const owner_state& deleted)
{
    const std::unique_lock hold{mutex_};
    forget_names(deleted);
    if (deleted.current().is_system) return;
    --people_;
    --admitted_people_;
}

void user_table::forget_names(const owner_state& owner)
{
    by_username_.erase(lower_case(owner.username));
    if (!owner.current().email.empty()) by_email_.erase(lower_case(owner.current().email));
}

owner_state* user_table::find(const uuid& id) const
{
    const std::shared_lock hold{mutex_};
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second.get();
}

owner_state* user_table::find_by_username(std::string_view username) const
{
    const std::string wanted = lower_case(std::string{username});
    const std::shared_lock hold{mutex_};
    const auto found = by_username_.find(wanted);
    return found == by_username_.end() ? nullptr : found->second;
}

owner_state* user_table::find_by_email(std::string_view email) const
{
    const std::string wanted = lower_case(std::string{email});
    const std::shared_lock hold{mutex_};
    const auto found = by_email_.find(wanted);
    return found == by_email_.end() ? nullptr : found->second;
}

bool user_table::has_people() const
{
    const std::shared_lock hold{mutex_};
    return admitted_people_ != 0;
}

std::vector<owner_state*> user_table::by_username() const
{
    std::vector<std::pair<std::string, owner_state*>> named;
    {
        const std::shared_lock hold{mutex_};
        named.assign(by_username_.begin(), by_username_.end());
    }
    std::sort(named.begin(), named.end());
    std::vector<owner_state*> owners;
    owners.reserve(named.size());
    for (const auto& [name, owner] : named)
        owners.push_back(owner);
    return owners;
}

void user_table::take_unwritten_sightings(std::vector<user_sighting>& sightings)
{
    const std::shared_lock hold{mutex_};
    for (const auto& [id, owner] : by_id_) {
        if (owner->has_unwritten_sighting.exchange(false)) {
            sightings.push_back({owner->row, owner->last_seen.load()});
        }
    }
}

} // namespace latchkey
