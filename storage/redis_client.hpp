// The door to Redis, whatever stands behind it: one server, Sentinel or a Cluster. One client belongs to one
// io_context (shard) and is used on that context's thread only; it is made there and closed with it.
//
// Everything that the coroutines of one turn of the context ask for leaves in one write; a coroutine goes on
// inside the turn that read its reply. Nothing here allocates more than the command and the reply need.
#pragma once

#include "storage/error.hpp"
#include "storage/redis_command.hpp"
#include "storage/redis_reply.hpp"
#include "storage/redis_script.hpp"
#include "storage/redis_tracking.hpp"
#include "storage/task.hpp"

#include <string>
#include <vector>

namespace latchkey {

class redis_client {
public:
    redis_client() = default;
    redis_client(const redis_client&) = delete;
    redis_client& operator=(const redis_client&) = delete;

    // Fails what is still waiting with unavailable; must happen on the context's thread, or when it no longer
    // runs.
    virtual ~redis_client() = default;

    // The server's reply, error replies included. Failures:
    // unavailable: no connection, or no reply within the deadline, or the connection broke; the server may
    // have
    //     executed the command all the same, at any time until its connection is known to it as closed;
    // overloaded: too many commands wait already; this one was not sent.
    virtual task<result<redis_reply>> run(redis_command command, redis_effect effect) = 0;

    // As `run`, for several of one key, at least one, that may each be executed twice. The reply is an array
    // with the reply to each; or an error, where nobody knows which of them were executed as they should.
    virtual task<result<redis_reply>> run_all(std::vector<redis_command> commands) = 0;

    // As `run`, for a read that Redis is to track: of what it read, the client's tracker
    // (storage/redis_tracking.hpp) hears when it changes, for as long as the lease is not lost. What changed
    // before the reply was read may be heard of before it.
    virtual task<tracked_reply> run_tracked(redis_command command) = 0;

    // As `run`, for a script: by its name, and with its text where the server answers NOSCRIPT.
    virtual task<result<redis_reply>> run_script(redis_call call, redis_effect effect) = 0;

    // The replies of all servers that hold data now, of a Cluster the primaries; unavailable as soon as one
    // of them gives none. For questions; of no particular key.
    virtual task<result<std::vector<redis_answer>>> run_on_every_server(redis_command command) = 0;

    // Whether changes are made in the order in which they were asked for: they all go over one connection.
    virtual bool keeps_order() const noexcept = 0;

    // Whether a command sent now has a connection to go to.
    virtual bool is_connected() const = 0;

    // Why not, in one line without credentials, for /readyz and the log; empty while all is well.
    virtual std::string problem() const = 0;
};

} // namespace latchkey
