#include "storage/user_cache.hpp"

#include "storage/heap_bytes.hpp"

#include <new>
#include <utility>

namespace latchkey {
namespace {

std::size_t bytes_of(const user& one, std::size_t entry_bytes) noexcept
{
    return 2 * entry_bytes + heap_bytes(one.username) + heap_bytes(one.email) + heap_bytes(one.name) +
           heap_bytes(one.password_hash); // of a table that is at least half full
}

} // namespace

user_cache::user_cache(std::size_t most_bytes, std::shared_ptr<const own_changes> changes)
    : most_bytes_{most_bytes},
      changes_{std::move(changes)}
{}

const user* user_cache::find(const uuid& id, redis_lease::clock::time_point now) const noexcept
{
    if (kept_ != present()) return nullptr;
    const auto found = entries_.find(id);
    if (found == entries_.end() || !found->second.lease->covers(now)) return nullptr;
    return &found->second.record;
}

void user_cache::keep(const user& read, era before, std::shared_ptr<const redis_lease> lease) noexcept
{
    const era now = present();
    if (before != now || lease == nullptr || lease->is_lost()) return;
    if (read.is_deleted || read.status != user_status::active) return;
    if (kept_ != now) clear();
    kept_ = now;
    const std::size_t bytes = bytes_of(read, sizeof(entry));
    if (bytes_ + bytes > most_bytes_) clear();
    if (bytes > most_bytes_) return;
    try {
        const bool is_new = entries_.insert_or_assign(read.id, entry{read, std::move(lease)}).second;
        if (is_new) bytes_ += bytes;
    } catch (const std::bad_alloc&) {
        clear();
    }
}

void user_cache::clear() noexcept
{
    entries_.clear();
    bytes_ = 0;
}

} // namespace latchkey
