#include "storage/owner_pool.hpp"

#include "storage/heap_bytes.hpp"

#include <algorithm>

namespace latchkey {
namespace {

// The counts beside the standing, and its place in the pool, which is half full at the least.
constexpr std::size_t bytes_beside_a_standing =
    32 + 2 * (sizeof(uuid) + sizeof(std::weak_ptr<const owner_standing>) + 1);

} // namespace

std::size_t owner_pool::id_hash::operator()(const uuid& id) const noexcept
{
    return boost::hash_range(id.begin(), id.end());
}

owner_pool::interned owner_pool::intern(const owner_standing& read)
{
    if (pool_.size() >= clean_at_) drop_unused();
    std::weak_ptr<const owner_standing>& place = pool_[read.id];
    if (shared_standing known = place.lock(); known != nullptr && *known == read) return {std::move(known)};
    auto made = std::make_shared<const owner_standing>(read);
    place = made;
    const std::size_t bytes = sizeof(owner_standing) + bytes_beside_a_standing + heap_bytes(made->username);
    return {std::move(made), bytes};
}

// Doubling the mark keeps this constant per call on average.
void owner_pool::drop_unused() noexcept
{
    erase_if(pool_, [](const auto& one) { return one.second.expired(); });
    clean_at_ = std::max<std::size_t>(1024, pool_.size() * 2);
}

} // namespace latchkey
