// The composition root: makes every part in the order of its dependencies, starts the server, and takes
// everything down again in the right order. main owns the one of a process; tests run it on port 0.
#pragma once

#include "server/config.hpp"
#include "server/http_server.hpp"
#include "server/log.hpp"
#include "storage/open_error.hpp"

#include <memory>
#include <vector>

namespace latchkey {

class application {
public:
    // Opens the store and the audit log, makes the first user if the configuration names one, and listens.
    // The error is one line that says what is wrong and what to do. `log` outlives the application.
    static open_result<std::unique_ptr<application>> start(config settings, const logger& log);

    // Stops at once, if stop() was not called.
    ~application();

    // As bound: port 0 replaced by the port that was given.
    const std::vector<listen_address>& addresses() const noexcept;
    const std::vector<listen_address>& admin_addresses() const noexcept;

    // Where clients on this machine find it, "https://127.0.0.1:7080"; empty if only by socket files.
    std::string url() const;

    // No user yet: the operator is told how to make one.
    bool needs_first_user() const noexcept { return needs_first_user_; }

    // From any thread. /readyz is answered 503 from now on, all else as ever.
    void announce_stop() noexcept;

    // From any thread. Graceful: requests in flight are answered first. A second call cuts that short.
    void begin_stop(stop_mode mode);

    // Returns when no shard runs any more and everything that was acknowledged is on the disk.
    void wait_until_stopped();

    // For SIGHUP, from any thread: the certificate's files are read anew, for connections to come. If they
    // are no good, what was loaded before stays, and the log says so. Without TLS nothing happens.
    void reload_tls();

    // For SIGHUP, from any thread: takes up a fresh audit log if logrotate has moved the old one away.
    void reopen_audit_log();

private:
    struct parts;

    application(config settings, const logger& log);
    open_result<void> open_stores();
    open_result<void> prepare_users();
    open_result<void> make_canary();
    open_result<void> listen();
    open_result<std::shared_ptr<const tls_identity>> load_tls() const;

    std::unique_ptr<parts> parts_;
    bool needs_first_user_ = false;
};

} // namespace latchkey
