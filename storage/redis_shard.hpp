// What the Redis store keeps on one io_context: its client there, and what has been learnt through it.
// Hangs on the context, is made where the store is first used on it, and goes with the context or with the
// store, whatever is first. On the context's thread only, except for `condition`.
#pragma once

#include "storage/key_cache.hpp"
#include "storage/redis_client.hpp"
#include "storage/redis_records.hpp"
#include "storage/redis_tracking.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// Asked together by all who ask in one turn (storage/redis_turn_batch.hpp).
template <class Question>
class redis_turn_batch;
struct redis_audit_line; // storage/redis_audit_stream.hpp
struct redis_insertion;  // storage/redis_insertion_batch.hpp
struct redis_lookup;     // storage/redis_lookup_batch.hpp

using redis_client_factory =
    std::function<std::unique_ptr<redis_client>(executor where, redis_tracking tracking)>;

// How Redis looks from one io_context. Every function may be called from every thread.
class redis_condition {
public:
    // One line each, empty: all is well.
    void set_read_problem(std::string problem);
    void set_write_problem(std::string problem);
    std::string read_problem() const;
    std::string write_problem() const;

private:
    mutable std::mutex mutex_;
    std::string read_problem_;
    std::string write_problem_;
};

class redis_shard {
public:
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             executor>;

    // `kept`: null, or what is to be told by the client of what changes.
    redis_shard(executor on,
                const redis_client_factory& make_client,
                std::shared_ptr<key_cache> kept,
                std::chrono::milliseconds lease);
    ~redis_shard();
    redis_shard(const redis_shard&) = delete;
    redis_shard& operator=(const redis_shard&) = delete;

    const executor where;
    const std::shared_ptr<key_cache> cache; // null: every verification asks Redis
    std::unique_ptr<redis_client> client;
    rights_cache rights;
    // Of what is done periodically, which outlives the shard by a moment.
    const std::shared_ptr<timer> pace;
    const std::shared_ptr<timer> flush_pace;
    const std::shared_ptr<redis_condition> condition = std::make_shared<redis_condition>();

    // Whether Redis is there, as the client sees it now.
    void note_connection();

    // What the answer to a command says about the state of Redis. Returns the reply; or unavailable, also
    // where Redis answered an error: what that says is for the operator.
    result<redis_reply> note_read(result<redis_reply> answer);
    result<redis_reply> note_write(result<redis_reply> answer);

    bool has_write_problem() const noexcept { return has_write_problem_; }

    // Of this turn. Expired: none has begun.
    std::weak_ptr<redis_turn_batch<redis_audit_line>> audit_lines;
    std::weak_ptr<redis_turn_batch<redis_insertion>> insertions;
    std::weak_ptr<redis_turn_batch<redis_lookup>> lookups;

private:
    bool has_read_problem_ = false;
    bool has_write_problem_ = false;
};

// Runs the script until its fate is known, or Redis is not there: a connection that broke under it is given a
// moment to come back. For scripts that may run twice.
task<result<redis_reply>> run_mutation(std::shared_ptr<redis_shard> here, redis_call call);

// The last flush of a server that ends, tried a few times: Redis may have closed a connection that was idle
// all the time the server ran. The error is that of the last try.
task<result<void>> flush_at_the_end(std::function<task<result<void>>()> flush);

// The shards of every Redis store that was used on a context.
class redis_shards final : public asio::execution_context::service {
public:
    using key_type = redis_shards;
    static inline asio::execution_context::id id;

    explicit redis_shards(asio::execution_context& context) : service{context} {}

    // Null: none yet. `store` serves as a name only.
    std::shared_ptr<redis_shard> find(const void* store) const;
    void add(std::weak_ptr<const void> store, std::shared_ptr<redis_shard> shard);

    // Drops the shards whose store is gone and that nobody uses.
    void tidy();

private:
    struct entry {
        const void* name;
        std::weak_ptr<const void> store;
        std::shared_ptr<redis_shard> shard;
    };

    void shutdown() override;

    std::vector<entry> entries_;
};

} // namespace latchkey
