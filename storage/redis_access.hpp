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
    redis_access(redis_client_factory make_client, std::chrono::milliseconds flush_interval);

    // The shard of the caller's context, which begins its periodic work when it is made here.
    std::shared_ptr<redis_shard> on(executor where);

    std::string tag_of(const uuid& owner) const;

    // Agrees with all servers on the key of the tags: the one that lies in Redis, or else ours. Ours changes
    // at the start, and when Redis was emptied under a running server.
    static task<result<void>> agree_on_tags(std::shared_ptr<redis_access> self,
                                            std::shared_ptr<redis_shard> here);

    redis_marks& marks() noexcept { return marks_; }

    // One at most; kept by whoever gives it.
    void set_chore(std::weak_ptr<redis_chore> chore);

    // Writes the marks. What could not be written stays. Twice at once is wasteful, and harmless.
    static task<result<void>> flush(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here);

    store_health health() const;

private:
    static task<void> work_periodically(std::weak_ptr<redis_access> access, std::weak_ptr<redis_shard> shard);
    static task<void> agree_and_flush(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here);
    std::shared_ptr<redis_chore> chore() const;
    static task<error_code> flush_uses(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here);
    static task<error_code> flush_sightings(std::shared_ptr<redis_access> self,
                                            std::shared_ptr<redis_shard> here);

    const redis_client_factory make_client_;
    const std::chrono::milliseconds flush_interval_;
    redis_marks marks_;

    mutable std::mutex mutex_;
    siphash_key tag_key_;
    std::vector<std::weak_ptr<redis_condition>> conditions_;
    std::weak_ptr<redis_chore> chore_;
};

// Sixteen hex digits from the operating system's generator: tells one call from all others.
std::string redis_stamp();

} // namespace latchkey
