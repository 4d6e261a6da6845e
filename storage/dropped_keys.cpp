#include "storage/dropped_keys.hpp"

namespace latchkey {
namespace {

template <class Entries>
void take_some(const Entries& entries,
               typename Entries::const_iterator& next,
               std::size_t limit,
               std::vector<key_id>& ids)
{
    for (; next != entries.end() && ids.size() < limit; ++next)
        ids.push_back((*next)->record.id);
}

} // namespace

dropped_keys::pile::pile(owned_keys dead)
    : keys{std::move(dead)},
      next_token{keys.tokens.begin()},
      next_other{keys.others.begin()}
{}

void dropped_keys::add(owned_keys dead)
{
    if (dead.tokens.empty() && dead.others.empty()) return;
    auto added = std::make_unique<pile>(std::move(dead));
    const std::lock_guard hold{mutex_};
    piles_.push_back(std::move(added));
}

std::vector<key_id> dropped_keys::take(std::size_t limit)
{
    std::vector<key_id> ids;
    const std::lock_guard hold{mutex_};
    while (!piles_.empty() && ids.size() < limit) {
        pile& first = *piles_.front();
        take_some(first.keys.tokens, first.next_token, limit, ids);
        take_some(first.keys.others, first.next_other, limit, ids);
        if (ids.size() < limit) piles_.pop_front();
    }
    return ids;
}

bool dropped_keys::is_empty() const
{
    const std::lock_guard hold{mutex_};
    return piles_.empty();
}

} // namespace latchkey
