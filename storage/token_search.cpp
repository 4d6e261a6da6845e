#include "storage/token_search.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::size_t stripes_a_step = 32;
constexpr std::size_t copies_a_step = 1000;

} // namespace

token_search::token_search(memory_table& table, key_table& keys, user_table& users, key_query query)
    : table_{table},
      keys_{keys},
      users_{users},
      query_{std::move(query)}
{}

bool token_search::step()
{
    switch (stage_) {
    case stage::beginning: begin(); break;
    case stage::gathering: gather(); break;
    case stage::copying: copy(); break;
    case stage::finished: break;
    }
    return stage_ != stage::finished;
}

bool token_search::has_place(const key_record& key) const noexcept
{
    return key.login == login_type::token && (!query_.owner || key.owner == *query_.owner);
}

bool token_search::matches(const key_record& key) const noexcept
{
    return has_place(key) && (query_.include_expired || key.expires_at > query_.now);
}

void token_search::begin()
{
    stage_ = stage::gathering;
    if (!query_.after) return;
    const auto last_seen = table_.find_key(*query_.after);
    if (last_seen && has_place(last_seen->listing.key)) {
        after_ = place{last_seen->listing.key.created_at, last_seen->listing.key.id};
    } else {
        stage_ = stage::finished;
    }
}

void token_search::gather()
{
    if (query_.owner) {
        if (owner_state* const owner = users_.find(*query_.owner)) gather_of(*owner);
        next_stripe_ = key_table::stripe_count;
    }
    const std::size_t end = std::min(next_stripe_ + stripes_a_step, key_table::stripe_count);
    for (; next_stripe_ < end; ++next_stripe_) {
        keys_.visit_stripe(next_stripe_, [this](const key_entry& entry) {
            const bool is_dropped = entry.record.owner_epoch != entry.owner->view().key_epoch;
            if (!entry.is_pending && !is_dropped) consider(entry.record);
        });
    }
    if (next_stripe_ < key_table::stripe_count) return;
    std::sort(places_.begin(), places_.end());
    stage_ = stage::copying;
}

void token_search::gather_of(owner_state& owner)
{
    const std::lock_guard hold{owner.mutex};
    for (const key_entry* entry : owner.keys.tokens) {
        if (!entry->is_pending) consider(entry->record);
    }
}

void token_search::consider(const key_record& key)
{
    const place here{key.created_at, key.id};
    if (!matches(key) || (after_ && here <= *after_)) return;

    const std::size_t wanted = query_.limit - page_.size();
    const bool is_full = query_.limit != 0 && places_.size() == wanted;
    if (is_full && here > places_.front()) return;
    if (is_full) {
        std::pop_heap(places_.begin(), places_.end());
        places_.pop_back();
    }
    places_.push_back(here);
    if (query_.limit != 0) std::push_heap(places_.begin(), places_.end());
}

void token_search::copy()
{
    const std::size_t end = std::min(copied_ + copies_a_step, places_.size());
    for (; copied_ < end; ++copied_) {
        auto found = table_.find_key(places_[copied_].id);
        if (found && matches(found->listing.key)) page_.push_back(std::move(found->listing));
    }
    if (copied_ == places_.size()) end_round();
}

// A short page must mean that the list ends: where keys vanished while the page was made, go on behind it.
void token_search::end_round()
{
    if (query_.limit == 0 || page_.size() == query_.limit || places_.empty()) {
        stage_ = stage::finished;
        return;
    }
    after_ = places_.back();
    places_.clear();
    copied_ = 0;
    next_stripe_ = 0;
    stage_ = stage::gathering;
}

} // namespace latchkey
