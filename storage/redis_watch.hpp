// Watches over what is read through one data connection: has Redis track its reads, listens on a second
// connection for what has changed (CLIENT TRACKING with REDIRECT, RESP2), and proves again and again that
// both still work. Made by redis_link for each connection to a server; on the thread of its io_context only.
//
// The proof: from a moment s on, the data connection is asked for the clock of Redis, then the other one is
// pinged. The first answer says that Redis still tracked when its clock showed that time, which was after s;
// the second that everything which had changed by then has arrived here, because pushes and answers come in
// order. With both, the lease runs until s + its length, and is proven up to the time that Redis told: no
// change dated before it can be news. Neither alone would do: Redis forgets silently what a data connection
// tracked whose end has not reached us yet.
//
// When the stream of changes is lost, so is the lease, and another stream with another lease is opened; the
// data connection, and what waits on it, need not suffer for that.
#pragma once

#include "storage/redis_link.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace latchkey {

class redis_watch : public std::enable_shared_from_this<redis_watch> {
public:
    redis_watch(executor where,
                redis_endpoint endpoint,
                std::shared_ptr<const redis_tls> tls,
                redis_limits limits,
                redis_tracking tracking);
    redis_watch(const redis_watch&) = delete;
    redis_watch& operator=(const redis_watch&) = delete;

    // `data` is connected, and calls `end` when it is not any more.
    void start(std::shared_ptr<redis_link> data);
    void end();

    // Null: nothing vouches for what is read now.
    const std::shared_ptr<redis_lease>& lease() const noexcept { return lease_; }

private:
    using connection = std::shared_ptr<redis_connection>;

    void lose_stream();
    bool take(const redis_reply& pushed);
    void extend_when_proven();

    static task<void> keep_watch(std::shared_ptr<redis_watch> self, std::shared_ptr<redis_link> data);
    static task<void>
    watch_over(std::shared_ptr<redis_watch> self, std::shared_ptr<redis_link> data, connection stream);
    // The stream's client id.
    static task<std::optional<std::int64_t>> subscribe(std::shared_ptr<redis_watch> self, connection stream);
    static task<void> read_changes(std::shared_ptr<redis_watch> self, connection stream);
    static task<void>
    keep_proving(std::shared_ptr<redis_watch> self, std::shared_ptr<redis_link> data, connection stream);

    executor where_;
    redis_endpoint endpoint_;
    std::shared_ptr<const redis_tls> tls_;
    redis_limits limits_;
    redis_tracking tracking_;
    bool has_ended_ = false;

    connection stream_; // while there is one
    std::shared_ptr<redis_lease> lease_;

    // The proof that is under way.
    redis_lease::clock::time_point asked_at_{};
    revision redis_time_ = any_revision; // read before the stream was pinged; any_revision: it is not told
    bool has_data_answered_ = false;
    bool has_stream_answered_ = false;
    bool was_proven_ = false; // the lease, at least once

    redis_timer beat_;
    redis_timer patience_; // of opening a stream, and between tries at that
    redis_backoff backoff_;
};

} // namespace latchkey
