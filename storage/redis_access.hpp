// What all parts of the Redis store share: the way from a context to its shard, the key of the tags, the
// marks that wait to be written, and the periodic work on each context. Owned by the store; the periodic
// work keeps it alive for the moment in which it uses it. Every function may be called from every thread
// unless it says otherwise.
#pragma once

#include "storage/redis_layout.hpp"
#include "storage/redis_marks.hpp"
#include "storage/redis_shard.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey {

// Work that somebody else wants done on each context that is connected, about once a second.
class redis_chore {
public:
    virtual ~redis_chore() = default;
    virtual task<void> work(std::shared_ptr<redis_shard> here) = 0;
};

class redis_access : public std::enable_shared_from_this<redis_access> {
public:
    struct settings {
        std::chrono::milliseconds flush_interval{};
        std::size_t cache_bytes = 0;             // of each shard
        std::chrono::milliseconds cache_lease{}; // 0: no cache
    };

    redis_access(redis_client_factory make_client, settings chosen);

    // The shard of the caller's context, which begins its periodic work when it is made here. The calling
    // thread's lookups go to its cache from now on.
    std::shared_ptr<redis_shard> on(executor where);

    // The cache of the calling thread. Null: none, or no cache at all. Allocates nothing.
    key_cache* cache_here() const noexcept;

    // What was kept of these is not used any more from now on.
    void note_change(const key_id& id) noexcept { changes_->note(id); }
    void note_change(const uuid& owner) noexcept { changes_->note_owners(tag_of(owner)); }

    std::string tag_of(const uuid& owner) const;
    siphash_key tag_key() const;

    // Agrees with all servers on the key of the tags: the one that lies in Redis, or else ours. Ours changes
    // at the start, and when Redis was emptied under a running server.
    static task<result<void>> agree_on_tags(std::shared_ptr<redis_access> self,
                                            std::shared_ptr<redis_shard> here);

    // Makes it everybody's. Keys made under another one are as good as lost: for a Redis without any.
    static task<result<void>>
    impose_tags(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here, siphash_key key);

    redis_marks& marks() noexcept { return *marks_; }

    // As far as it is not in Redis yet; what another shard's cache knows comes to the marks within seconds.
    time_point last_use(const key_id& id, const redis_shard& here) const;

    // Has the shard's cache hand over its marks of use and let go of what has expired.
    static task<void> tend_cache(std::shared_ptr<redis_shard> here, time_point now);

    // Kept by whoever gives it.
    void add_chore(std::weak_ptr<redis_chore> chore);

    // Writes all marks; a few of them are written each second by themselves. What could not be written stays.
    // Twice at once is wasteful, and harmless.
    static task<result<void>> flush(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here);

    store_health health() const;
    cache_figures figures() const;

private:
    static task<void> work_periodically(std::weak_ptr<redis_access> access, std::weak_ptr<redis_shard> shard);
    static task<void> agree_and_flush_sightings(std::shared_ptr<redis_access> self,
                                                std::shared_ptr<redis_shard> here);
    static task<void> flush_uses_periodically(std::weak_ptr<redis_access> access,
                                              std::weak_ptr<redis_shard> shard);
    std::vector<std::shared_ptr<redis_chore>> chores() const;
    static task<void> flush_uses(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here);

    std::shared_ptr<redis_shard> make_shard(executor where);

    const redis_client_factory make_client_;
    const settings settings_;
    const std::uint64_t number_; // of the store, in this process
    const std::shared_ptr<redis_marks> marks_ = std::make_shared<redis_marks>(); // the caches outlive us
    const std::shared_ptr<own_changes> changes_ = std::make_shared<own_changes>();

    mutable std::mutex mutex_;
    siphash_key tag_key_;
    std::vector<std::weak_ptr<redis_condition>> conditions_;
    std::vector<std::weak_ptr<redis_chore>> chores_;
    std::vector<std::weak_ptr<key_cache>> caches_;
};

// Of a key or an owner: whatever comes of the change that this stands beside, from its answer on nothing is
// used that was kept before it. Where Redis executes it later than that, Redis tells of it.
template <class Id>
class noted_change {
public:
    noted_change(std::shared_ptr<redis_access> access, const Id& changed)
        : access_{std::move(access)},
          changed_{changed}
    {}
    noted_change(const noted_change&) = delete;
    noted_change& operator=(const noted_change&) = delete;
    ~noted_change() { access_->note_change(changed_); }

private:
    std::shared_ptr<redis_access> access_;
    Id changed_;
};

// Sixteen hex digits that tell one call from all others, of every server: counted, in each thread from a
// number of its own that the operating system draws.
std::string redis_stamp();

} // namespace latchkey
