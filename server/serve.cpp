#include "server/serve.hpp"

#include "server/application.hpp"
#include "server/commands.hpp"
#include "server/config_help.hpp"
#include "server/config_process.hpp"
#include "server/process_hardening.hpp"
#include "storage/named_thread.hpp"

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <iostream>
#include <thread>
#include <utility>

namespace latchkey {
namespace {

// From here on no signal ends the process by itself. Made before the application starts: what comes while
// it loads is kept until there is something to stop, or to reopen; SIGHUP, which logrotate sends to whatever
// runs, would end it by default.
struct kept_signals {
    asio::io_context context{1};
    asio::signal_set set{context, SIGTERM, SIGINT, SIGHUP};
};

// Turns signals into calls of the application, on a thread of its own, until it goes.
class signal_listener {
public:
    // `drain`: between the announcement of a stop and its beginning.
    signal_listener(kept_signals& kept,
                    application& served,
                    const logger& log,
                    std::chrono::nanoseconds drain)
        : signals_{kept},
          served_{served},
          log_{log},
          drain_{drain}
    {
        wait();
        thread_ = named_thread("signals", [this] { signals_.context.run(); });
    }

    ~signal_listener()
    {
        signals_.context.stop();
        thread_.join();
    }

    signal_listener(const signal_listener&) = delete;
    signal_listener& operator=(const signal_listener&) = delete;

private:
    void wait()
    {
        signals_.set.async_wait([this](const error_code& ec, int number) {
            if (ec) return;
            take(number);
            wait();
        });
    }

    void take(int number)
    {
        if (number == SIGHUP) {
            log_.info("reopening the audit log");
            served_.reopen_audit_log();
            served_.reload_tls();
        } else if (std::exchange(is_stopping_, true)) {
            log_.warning("stopping at once");
            drained_.cancel();
            served_.begin_stop(stop_mode::at_once);
        } else if (drain_.count() > 0) {
            log_.info("stopping soon; until then all is served, and /readyz tells balancers");
            served_.announce_stop();
            drained_.expires_after(std::chrono::ceil<std::chrono::milliseconds>(drain_));
            drained_.async_wait([this](const error_code& ec) {
                if (!ec) begin_graceful_stop();
            });
        } else {
            begin_graceful_stop();
        }
    }

    void begin_graceful_stop()
    {
        log_.info("stopping; requests in flight are answered first");
        served_.begin_stop(stop_mode::graceful);
    }

    kept_signals& signals_;
    application& served_;
    const logger& log_;
    const std::chrono::nanoseconds drain_;
    asio::steady_timer drained_{signals_.context};
    bool is_stopping_ = false;
    std::thread thread_;
};

// What curl is told: the server's URL; with a unix socket alone, the way to it.
std::string curl_target(const application& served)
{
    std::string url = served.url();
    if (!url.empty()) return url;
    return "--unix-socket " + std::get<unix_path>(served.addresses().front()).path + " http://localhost";
}

void tell_next_steps(const application& served)
{
    const std::string server = curl_target(served);
    if (served.needs_first_user()) {
        std::cout
            << "\nMake the first user, then the first token:\n\n"
            << "  curl -s " << server << "/api/v2/users/first -d "
            << R"('{"email":"me@example.com","username":"me-first","password":"Correct-Horse-7-Battery"}')"
            << "\n\n";
    } else {
        std::cout << "\nMake a token (with your own address and password):\n\n";
    }
    std::cout << "  curl -s " << server
              << "/api/v2/users/me/keys/tokens -d '{}' -H \"Coder-Session-Token: $(curl -s " << server
              << "/api/v2/users/login -d "
              << R"json('{"email":"me@example.com","password":"Correct-Horse-7-Battery"}')json"
              << R"text( | cut -d'"' -f4)")text"
              << "\n\n"
              << std::flush;
}

int run(loaded_config loaded)
{
    config& settings = loaded.settings;
    const steady_wall_clock now;
    const logger log{settings.level, settings.format, now};
    const std::string store = to_string(settings.store);
    const std::string audit = settings.audit_log;
    const std::chrono::nanoseconds drain = settings.drain;
    harden_process(settings.core_dumps ? core_dumps::on : core_dumps::off);

    kept_signals kept;
    auto started = application::start(std::move(settings), log);
    if (!started) {
        std::cerr << "latchkey: " << started.error().message << '\n';
        return static_cast<int>(exit_status::failure);
    }
    application& served = **started;
    for (const listen_address& address : served.addresses()) {
        log.info("listening", {{"address", to_string(address)}, {"store", store}, {"audit_log", audit}});
    }
    for (const listen_address& address : served.admin_addresses())
        log.info("listening for operators", {{"address", to_string(address)}});
    {
        const signal_listener signals{kept, served, log, drain};
        tell_next_steps(served);
        served.wait_until_stopped();
    }
    log.info("stopped");
    return static_cast<int>(exit_status::success);
}

} // namespace

int serve(std::vector<std::string> flags)
{
    loaded_config loaded = load_config(process_sources(std::move(flags)));
    if (loaded.action == config_action::print_help) {
        std::cout << help_text();
        return static_cast<int>(exit_status::success);
    }
    if (loaded.action == config_action::print_markdown) {
        std::cout << help_markdown();
        return static_cast<int>(exit_status::success);
    }
    for (const std::string& error : loaded.errors)
        std::cerr << "latchkey: " << error << '\n';
    if (!loaded.errors.empty()) return static_cast<int>(exit_status::usage);
    if (loaded.action == config_action::print_config) {
        std::cout << printed_config(loaded);
        return static_cast<int>(exit_status::success);
    }
    return run(std::move(loaded));
}

} // namespace latchkey
