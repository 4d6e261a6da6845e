// What one shard keeps of the users it has read from Redis to prove callers, by the rules of
// storage/key_cache.hpp: a record may be used while the lease of the connection that it was read over covers
// the moment, and nobody told of a change. The records of all users lie in one Redis key, so news of it end
// all that is kept; and so does a change that any shard of this process makes. Owned by the shard's key
// cache; one thread.
#pragma once

#include "storage/own_changes.hpp"
#include "storage/redis_lease.hpp"
#include "storage/store.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/uuid/uuid_hash.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace latchkey {

class user_cache {
public:
    user_cache(std::size_t most_bytes, std::shared_ptr<const own_changes> changes);

    // Null: ask Redis. What is pointed to lives until the next call of another function.
    const user* find(const uuid& id, redis_lease::clock::time_point now) const noexcept;

    // Another one after each change of a user. Taken before a read leaves, and given back with its reply:
    // where something has changed between, that is used once and not kept.
    using era = std::uint64_t;
    era present() const noexcept { return era{news_} << 32 | changes_->count_of_users(); }

    // Passes over users who may do nothing: they are to be seen as soon as they may.
    void keep(const user& read, era before, std::shared_ptr<const redis_lease> lease) noexcept;

    void forget_all() noexcept { ++news_; }

    std::size_t bytes() const noexcept { return bytes_; }

private:
    struct entry {
        user record;
        std::shared_ptr<const redis_lease> lease;
    };

    void clear() noexcept;

    const std::size_t most_bytes_;
    const std::shared_ptr<const own_changes> changes_;
    boost::unordered_flat_map<uuid, entry, boost::hash<uuid>> entries_; // all of the same era
    era kept_ = 0;
    std::size_t bytes_ = 0;
    std::uint32_t news_ = 0;
};

} // namespace latchkey
