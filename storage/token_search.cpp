#include "storage/token_search.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t stripes_a_step = 32;
constexpr std::size_t copies_a_step = token_list::page_size;
constexpr std::size_t small = 10'000; // tokens that one step can look at

} // namespace

token_search::token_search(memory_table& table, key_table& keys, user_table& users, key_query query)
    : table_{table},
      keys_{keys},
      users_{users},
      query_{std::move(query)}
{}

task<result<std::vector<key_listing>>> token_search::next()
{
    while (step() && page_.empty())
        co_await asio::post(use_task); // lets the shard's other requests go first
    taken_ += page_.size();
    co_return std::exchange(page_, {});
}

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

bool token_search::has_place(const key_facts& key, const uuid& owner) const noexcept
{
    return key.login == login_type::token && (!query_.owner || owner == *query_.owner);
}

bool token_search::matches(const key_facts& key, const uuid& owner) const noexcept
{
    return has_place(key, owner) && (query_.include_expired || key.expires_at > query_.now);
}

void token_search::begin()
{
    stage_ = stage::gathering;
    if (!query_.after) return;
    const auto last_seen = table_.find_key(*query_.after);
    if (last_seen && has_place(last_seen->listing.key, last_seen->listing.key.owner)) {
        after_ = place{last_seen->listing.key.created_at, last_seen->listing.key.id};
    } else {
        stage_ = stage::finished;
    }
}

void token_search::gather()
{
    if (query_.owner && next_stripe_ == 0) {
        owner_state* const owner = users_.find(*query_.owner);
        if (owner == nullptr || gather_of(*owner)) next_stripe_ = key_table::stripe_count;
    }
    const std::size_t end = std::min(next_stripe_ + stripes_a_step, key_table::stripe_count);
    for (; next_stripe_ < end; ++next_stripe_) {
        keys_.visit_stripe(next_stripe_, [this](const key_entry& entry) {
            const bool is_dropped = entry.record.owner_epoch != entry.owner->view().key_epoch;
            if (!entry.is_pending && !is_dropped) consider(entry.record, entry.owner->id);
        });
    }
    if (next_stripe_ < key_table::stripe_count) return;
    if (keeps_lowest_only()) std::make_heap(places_.begin(), places_.end(), std::greater{});
    last_.reset();
    stage_ = stage::copying;
}

// False: these are too many for one step, and found sooner among all.
bool token_search::gather_of(owner_state& owner)
{
    const std::lock_guard hold{owner.mutex};
    if (owner.keys.tokens.size() > small) return false;
    for (const key_entry* entry : owner.keys.tokens) {
        if (!entry->is_pending) consider(entry->record, owner.id);
    }
    return true;
}

bool token_search::keeps_lowest_only() const noexcept
{
    return query_.limit != 0 && query_.limit <= small;
}

void token_search::consider(const key_facts& key, const uuid& owner)
{
    const place here{key.created_at, key.id};
    if (!matches(key, owner) || (after_ && here <= *after_)) return;

    if (!keeps_lowest_only()) {
        places_.push_back(here);
        std::push_heap(places_.begin(), places_.end(), std::greater{});
        return;
    }
    if (places_.size() == query_.limit - taken_ - page_.size()) {
        if (here > places_.front()) return;
        std::pop_heap(places_.begin(), places_.end());
        places_.pop_back();
    }
    places_.push_back(here);
    std::push_heap(places_.begin(), places_.end());
}

void token_search::copy()
{
    for (std::size_t count = 0; count < copies_a_step && !places_.empty() && !is_full(); ++count) {
        std::pop_heap(places_.begin(), places_.end(), std::greater{});
        last_ = places_.back();
        places_.pop_back();
        auto found = table_.find_key(last_->id);
        if (found && matches(found->listing.key, found->listing.key.owner))
            page_.push_back(std::move(found->listing));
    }
    if (places_.empty() || is_full()) end_round();
}

bool token_search::is_full() const noexcept
{
    return query_.limit != 0 && taken_ + page_.size() == query_.limit;
}

// A short list must mean that there is no more: where keys vanished while the lowest were gathered, go on
// behind them.
void token_search::end_round()
{
    if (!keeps_lowest_only() || is_full() || !last_) {
        places_ = {};
        stage_ = stage::finished;
        return;
    }
    after_ = last_;
    next_stripe_ = 0;
    stage_ = stage::gathering;
}

} // namespace latchkey
