// One thread, one io_context, and everything that lives on it: listeners, sessions, the sweeper and the
// shard's request handler. Shards share nothing; what reaches one from outside is posted to it.
#pragma once

#include "server/http_limits.hpp"
#include "server/listener.hpp"
#include "server/readiness.hpp"
#include "server/session.hpp"
#include "server/session_host.hpp"
#include "server/shard_metrics.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace latchkey {

// Makes the handler of one shard. Called on the shard's thread, before it accepts; what the handler needs
// on that thread (connections, timers) it puts on `context`. The handler is destroyed before the context,
// after all sessions.
using handler_factory =
    std::function<std::unique_ptr<request_handler>(asio::io_context& context, std::size_t shard)>;

// graceful: requests in flight are answered, with Connection: close, within http_limits::stop.
enum class stop_mode { graceful, at_once };

class shard {
public:
    struct settings {
        std::size_t index = 0;
        std::size_t connections = 0;  // this shard's share
        std::size_t buffer_bytes = 0; // likewise, see buffer_budget
        http_limits limits;
        handler_factory make_handler;
        exception_observer on_exception;
        std::shared_ptr<const tls_identity> tls{}; // null: plain HTTP
        shard_metrics* counts = nullptr;           // of connections; may be null
        bool may_use_io_uring = true;              // see socket_ring
    };

    explicit shard(settings given);

    // Stops at once and joins. Whatever completes a handler's wait from another thread must have ended.
    ~shard(); // NOLINT(bugprone-exception-escape): see its definition

    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    // Before start(): accepts on `socket` and hands what it accepts to `receive`.
    void listen(unique_descriptor socket, door through, listener::receiver receive);

    // Starts the thread, which makes the handler and begins to accept. To be followed by await_start().
    void start();

    // Returns once connections are accepted. Throws what the handler factory threw, and then the thread has
    // been joined: until then both threads would hold the exception, and the last to let go frees it.
    void await_start();

    // Takes over an accepted connection; on the shard's thread only. Beyond the limit it is told 503, or just
    // closed under TLS; for operators a few are kept free, who want to see a flood too.
    void adopt(unique_descriptor socket, const peer_address& peer);

    // From any thread: for connections accepted from now on. Those that are open go on with what they have.
    void use_tls(std::shared_ptr<const tls_identity> identity);

    // From any thread. A second call with at_once cuts a graceful stop short.
    void begin_stop(stop_mode mode);

    // From any thread but the shard's; returns when the thread has ended.
    void join();

    asio::io_context& context() noexcept { return context_; }

    // After await_start().
    bool uses_io_uring() const noexcept { return uses_io_uring_; }

private:
    // Lets the destructor drop suspended coroutines while all they refer to is still there.
    class abandonable_context : public asio::io_context {
    public:
        using asio::io_context::io_context;
        void abandon_handlers() { shutdown(); }
    };
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             executor>;
    using session_list = boost::intrusive::list<session, boost::intrusive::constant_time_size<false>>;

    void work();
    void stop(stop_mode mode);
    void close_sessions();
    void end_session(std::exception_ptr thrown);
    void count_open() const noexcept;
    void end_if_done();
    void sweep(steady_time now);
    static task<void> sweep_regularly(shard& self);
    void refuse_connection(const unique_descriptor& socket);

    const settings settings_;
    buffer_budget buffers_;
    // Its descriptors are touched by its own thread alone, and need no locks; posting to it does lock.
    abandonable_context context_{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    socket_ring ring_;
    readiness sockets_;
    std::unique_ptr<request_handler> handler_;
    std::optional<session_host> host_;
    session_list sessions_;
    std::size_t session_count_ = 0;
    std::vector<std::shared_ptr<listener>> listeners_;
    timer sweeper_;
    std::optional<steady_time> drain_until_;   // set: stopping gracefully
    std::optional<steady_time> abandon_after_; // set: all sessions are closed, handlers may be running
    std::promise<void> started_;
    std::exception_ptr start_failure_; // written before started_ is ready
    bool uses_io_uring_ = false;       // likewise
    std::thread thread_;
};

} // namespace latchkey
