// The audit entries of all servers over one Redis, in a bounded stream there: writes this server's into it,
// and reads what the others wrote into the index of this server's log. The log's file is the truth; nothing
// is in the stream that is not in a server's file, but the file may hold what the stream does not: what is
// older than its bound, and what Redis could not take. Shared by redis_audit_log and by the work that is on
// its way; every function may be called from every thread, on any of its contexts.
#pragma once

#include "storage/audit_file.hpp"
#include "storage/redis_access.hpp"
#include "storage/redis_audit_follower.hpp"
#include "storage/redis_audit_outbox.hpp"
#include "storage/redis_turn_batch.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey {

struct redis_audit_options {
    std::size_t stream_length = 100'000; // about; at least 1
    std::size_t outbox_limit = 10'000;   // entries that wait for Redis
};

class redis_audit_stream;

struct redis_audit_line {
    std::shared_ptr<redis_audit_stream> stream;
    std::string line;
    bool is_ahead; // as redis_audit_stream::send_ahead

    using batch = redis_turn_batch<redis_audit_line>::questions;
    static constexpr auto batch_of = &redis_shard::audit_lines;
    static void send(const std::shared_ptr<redis_shard>& here, batch all);
};

class redis_audit_stream final : public redis_chore, public std::enable_shared_from_this<redis_audit_stream> {
public:
    // `file` outlives every context that the stream is used on, as far as it is run.
    redis_audit_stream(std::shared_ptr<redis_access> access, audit_file& file, redis_audit_options options);

    // Completes when the line is in the stream, or else waits to be: then a later turn sends it. Waits for
    // Redis once at most, and not at all while older lines wait. All lines of one turn of the context leave
    // together (./dev bench create --store redis).
    static task<void> send(std::shared_ptr<redis_audit_stream> self, std::string line);

    // As `send`, for an entry whose act follows: completes as soon as no change that is asked for from then
    // on, on the same context, can be made before the line is in the stream. Only a lost connection, and
    // lines that wait since then, can part the two.
    static task<void> send_ahead(std::shared_ptr<redis_audit_stream> self, std::string line);

    // Completes when the index holds all that was in the stream when it was called. unavailable, overloaded.
    static task<result<void>> catch_up(std::shared_ptr<redis_audit_stream> self);

    // Sends what waits, when the shards have ended: none of them is at it any more. The error is why
    // something still does.
    static task<result<void>> flush(std::shared_ptr<redis_audit_stream> self);

    // Sends what waits; and while somebody searches now and then, reads what there is, so that the next
    // search finds little to read. Where nobody does, nobody reads: each server would get all that it wrote
    // itself back (./dev bench create --store redis).
    task<void> work(std::shared_ptr<redis_shard> here) override;

    // One line for health; empty while all is well.
    std::string problem() const;

    std::size_t unsent() const { return outbox_.size(); }

private:
    friend struct redis_audit_line;

    static constexpr std::chrono::minutes reading_on{10}; // how long it is read on after a search
    static constexpr std::chrono::steady_clock::time_point long_ago{};

    static task<result<void>> catch_up_on(std::shared_ptr<redis_audit_stream> self,
                                          std::shared_ptr<redis_shard> here);
    static task<result<void>> flush_on(std::shared_ptr<redis_audit_stream> self,
                                       std::shared_ptr<redis_shard> here);

    // The lines that are not in the stream, as far as is known, and why.
    struct rest {
        std::vector<std::string> lines;
        error_code why;
    };

    static task<void> send_line(redis_audit_line one);
    static task<void> send_lines(std::shared_ptr<redis_audit_stream> self,
                                 std::shared_ptr<redis_shard> here,
                                 std::vector<std::string> lines,
                                 redis_audit_line::batch waiting);
    static task<rest> write(std::shared_ptr<redis_audit_stream> self,
                            std::shared_ptr<redis_shard> here,
                            std::vector<std::string> lines);
    void note_write(const redis_reply* refusal);
    void note_read(const redis_reply* refusal);

    const std::shared_ptr<redis_access> access_;
    const redis_audit_options options_;
    const std::string own_;      // tells this process's entries from all others
    const redis_command adding_; // all but the line
    redis_audit_outbox outbox_;
    redis_audit_follower follower_;

    std::atomic<std::chrono::steady_clock::time_point> searched_{long_ago}; // last

    mutable std::mutex mutex_;
    std::string write_refusal_; // what Redis said to the last write; empty: it did as it was told
    std::string read_refusal_;  // the same of the last read
};

} // namespace latchkey
