// One Redis server as a command sees it: send it, get its answer. Keeps one connection to the server, opens
// it again when it breaks, matches replies to commands by their order, and bounds what waits and for how
// long. Belongs to one io_context and is used on its thread only; made by std::make_shared, because its
// operations share it until they have ended.
#pragma once

#include "storage/error.hpp"
#include "storage/redis_backoff.hpp"
#include "storage/redis_command.hpp"
#include "storage/redis_connection.hpp"
#include "storage/redis_reply.hpp"
#include "storage/redis_tracking.hpp"
#include "storage/task.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

class redis_watch; // storage/redis_watch.hpp

struct redis_limits {
    std::chrono::milliseconds command_deadline{1000}; // from being asked to being answered
    std::chrono::milliseconds connect_deadline{1000}; // of one try, the login included
    // Between tries at connecting: at random up to a bound, so that servers do not come back in step. The
    // bound doubles from the first to the longest.
    std::chrono::milliseconds first_pause{50};
    std::chrono::milliseconds longest_pause{2000};
    std::size_t most_waiting = 16'384;                  // commands without an answer
    std::size_t most_unsent_bytes = 16UL * 1024 * 1024; // beyond it nothing more is taken
};

class redis_link final : public redis_write_observer, public std::enable_shared_from_this<redis_link> {
public:
    redis_link(executor where,
               redis_endpoint endpoint,
               std::shared_ptr<const redis_tls> tls,
               redis_limits limits,
               redis_tracking tracking = {});
    redis_link(const redis_link&) = delete;
    redis_link& operator=(const redis_link&) = delete;

    // Begins to connect, if that has not begun yet. `run` does so by itself.
    void start();

    // The reply, error replies included. unavailable: there is no connection (said at once, but while the
    // very first try lasts the command waits for it), the deadline passed, or the connection broke; then
    // nobody knows whether the server has executed the command. overloaded: too much waits already.
    task<result<redis_reply>> run(redis_command command);

    // As `run`, with the lease of the connection. Tracking begins with the first call, and goes on on every
    // later connection; no lease until it has been proven to work.
    task<tracked_reply> run_tracked(redis_command command);

    // As `run`, for several that leave one behind the other in one write and nothing comes between: the reply
    // is an array with the reply to each. At least two.
    task<result<redis_reply>> run_all(std::vector<redis_command> commands);

    // For good: what waits fails with unavailable, what is asked later too.
    void close();

    bool is_connected() const noexcept { return phase_ == phase::connected; }

    // Whether a command would be refused at once: the server could not be reached, or was lost.
    bool is_away() const noexcept { return phase_ == phase::away || phase_ == phase::closed; }

    // How often a connection was made. Whoever was told that this server is the right one knows it for the
    // connection of that moment only.
    std::size_t connections() const noexcept { return connections_; }

    const std::string& problem() const noexcept { return problem_; }
    const redis_address& address() const noexcept { return endpoint_.address; }

    void on_written(const redis_connection& on, error_code ec) override;

private:
    enum class phase : std::uint8_t {
        idle,      // nobody has asked for anything
        beginning, // the first try at connecting: commands wait for it
        connected,
        away, // commands are refused at once while a try or a pause lasts
        closed,
    };

    // Concrete, so that a waiting command costs no allocation.
    using waiter =
        asio::async_result<asio::use_awaitable_t<executor>, void(result<redis_reply>)>::handler_type;

    struct waiting_command {
        waiter answer;
        std::chrono::steady_clock::time_point deadline;
        std::size_t replies = 1;               // that belong to it
        std::vector<redis_reply> earlier = {}; // of several: those that have come
    };

    class submission;

    void submit(const redis_command& command, const std::vector<redis_command>& more, waiter answer);
    void refuse(waiter answer, storage_errc why);
    void fail_all();
    void request_flush();
    void flush();
    void watch_deadline();
    bool is_held_up();
    void check_deadline();
    void begin_tracking();
    void end_tracking();
    void adopt(std::shared_ptr<redis_connection> connection);
    void lose_connection(std::string why);
    bool take_replies(redis_connection& from);

    static task<void> stay_connected(std::shared_ptr<redis_link> self);
    static task<void> read_replies(std::shared_ptr<redis_link> self, std::shared_ptr<redis_connection> from);

    executor where_;
    redis_endpoint endpoint_;
    std::shared_ptr<const redis_tls> tls_;
    redis_limits limits_;
    redis_tracking tracking_;
    bool is_tracking_wanted_ = false;
    phase phase_ = phase::idle;
    std::string problem_;

    std::shared_ptr<redis_connection> connection_; // while connected
    std::size_t connections_ = 0;
    std::shared_ptr<redis_watch> watch_;  // of the connection, once a tracked read was asked for
    std::deque<waiting_command> waiting_; // in the order of their commands; deadlines rise
    std::string unsent_;                  // the commands that have not been given to the connection
    bool is_flush_requested_ = false;
    bool is_writing_ = false;

    redis_timer deadline_;
    bool is_deadline_watched_ = false;
    bool is_grace_given_ = false;
    redis_timer pause_;
    redis_backoff backoff_;
};

// Makes the link to a server that turns up while the program runs: a promoted replica, a Cluster's node.
using redis_link_factory = std::function<std::shared_ptr<redis_link>(redis_endpoint)>;

// Plain links, all alike.
redis_link_factory redis_links_on(executor where,
                                  std::shared_ptr<const redis_tls> tls,
                                  redis_limits limits,
                                  redis_tracking tracking = {});

} // namespace latchkey
