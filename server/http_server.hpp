// The HTTP server as a whole: opens the listening sockets, runs the shards, stops them. Knows no route.
// Owned by the application; its functions are for the thread that owns it, begin_stop() for any thread.
#pragma once

#include "server/metrics.hpp"
#include "server/shard.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace latchkey {

struct http_server_options {
    std::vector<listen_address> listen;
    std::vector<listen_address> admin_listen; // door::operators
    std::size_t shards = 1;                   // threads
    http_limits limits;
    handler_factory make_handler;
    std::shared_ptr<const tls_identity> tls{}; // for `listen`, but for socket files; null: plain HTTP
    exception_observer on_exception;           // called on the shards' threads
    bool may_use_io_uring = true;              // see socket_ring
    metrics* figures = nullptr; // where connections are counted, for as many shards; may be null
    // Called by start() with what was bound, before anything is answered; may be empty.
    std::function<void(const std::vector<listen_address>&)> on_bound;
};

struct listen_failure {
    listen_address address;
    error_code why;
};

class http_server {
public:
    explicit http_server(http_server_options options);

    // Stops at once. See ~shard() for what must have ended before.
    ~http_server();

    // Binds everything, then starts the shards; returns when all accept. On a failure nothing runs.
    // Throws what the handler factory throws.
    [[nodiscard]] std::optional<listen_failure> start();

    // As bound: port 0 replaced by the port that was given.
    const std::vector<listen_address>& addresses() const noexcept { return addresses_; }
    const std::vector<listen_address>& admin_addresses() const noexcept { return admin_addresses_; }

    // Once it has started: whether each shard does, which it may not everywhere.
    bool uses_io_uring() const noexcept;

    // Of the shards; for work of the application's own on them.
    std::vector<executor> executors() const;

    // From any thread, of a server that has TLS already: for the connections to come.
    void use_tls(const std::shared_ptr<const tls_identity>& identity);

    // Once: stops accepting, closes idle connections, lets requests in flight finish within
    // http_limits::stop (graceful), or closes all (at_once). Again with at_once: cuts that short.
    void begin_stop(stop_mode mode);

    // Waits for the shards' threads.
    void join();

private:
    std::optional<listen_failure> open(const listen_address& address, door through);
    error_code open_tcp(asio::ip::tcp::endpoint at, door through);
    error_code open_unix(const unix_path& at, door through);
    std::vector<listen_address>& bound_for(door through) noexcept;
    void deal(unique_descriptor socket, const peer_address& peer);

    const http_server_options options_;
    std::vector<std::unique_ptr<shard>> shards_;
    std::vector<listen_address> addresses_;
    std::vector<listen_address> admin_addresses_;
    std::size_t next_dealt_ = 0; // on the first shard's thread
};

} // namespace latchkey
