// The audit log of one server among several over one Redis: entries go to the server's own file, which is the
// truth, and then into a stream in Redis, so that a search on any server finds what all of them did. Owned by
// the composition root; one object serves all shards. The file and the store outlive it.
//
// An entry is in the file before it is in the stream, and both before the act it describes. So a crash, a
// full disk or a refused append leaves nothing in the stream that no file has. The entry and its act leave
// for Redis one behind the other, which saves a create a round trip and gives a seventh more of them
// (./dev bench create --store redis); in a Cluster, where they go to different servers, the act waits for the
// entry. An act does not fail for want of the stream: what Redis cannot take waits, within a bound, and is
// sent when it is back.
#pragma once

#include "storage/audit_file.hpp"
#include "storage/redis_audit_stream.hpp"
#include "storage/redis_store.hpp"

#include <memory>

namespace latchkey {

class redis_audit_log final : public audit_log {
public:
    redis_audit_log(redis_store& store, audit_file& file, redis_audit_options options);

    task<result<void>> append(audit_entry entry) override;

    // Ordered by time, then id: the same on all servers. unavailable also: Redis cannot be asked, so that
    // nobody knows what the others did.
    task<result<audit_page>> search(audit_query query) override;

    audit_health health() const override;

    // Sends what waits for Redis, when the shards have ended. Not needed after a failure: it is in the file.
    task<result<void>> close();

    std::size_t unsent() const { return stream_->unsent(); }

private:
    task<result<void>> append(audit_text text, bool is_ahead);

    audit_file& file_;
    const std::shared_ptr<redis_audit_stream> stream_;
};

} // namespace latchkey
