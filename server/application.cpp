#include "server/application.hpp"

#include "auth/audit_service.hpp"
#include "auth/crypto.hpp"
#include "auth/key_service.hpp"
#include "auth/password_hasher.hpp"
#include "auth/pepper.hpp"
#include "auth/revocation_canary.hpp"
#include "auth/token_service.hpp"
#include "auth/user_service.hpp"
#include "auth/verification_recorder.hpp"
#include "auth/verifier.hpp"
#include "server/component_metrics.hpp"
#include "server/health_watch.hpp"
#include "server/metrics.hpp"
#include "server/pepper_file.hpp"
#include "server/rate_limiter.hpp"
#include "server/refusal_log.hpp"
#include "server/service_settings.hpp"
#include "server/shard_handler.hpp"
#include "server/store_opening.hpp"
#include "storage/audit_chain_check.hpp"
#include "storage/audit_file.hpp"
#include "storage/redis_audit_log.hpp"
#include "storage/redis_clients.hpp"
#include "storage/redis_store.hpp"
#include "storage/run_to_end.hpp"
#include "storage/worker_pool.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t waiting_logins = 64;    // for one Argon2id worker; beyond: 429
constexpr std::size_t waiting_searches = 256; // for one thread that reads the audit log; beyond: 429

url_scheme scheme_of(const config& settings) noexcept
{
    return settings.serves_tls() ? url_scheme::https : url_scheme::http;
}

std::string exception_text(const std::exception_ptr& thrown)
{
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "something that is no std::exception";
    }
}

} // namespace

// In the order of making; destroyed from the last to the first. What posts to an io_context (writers and
// pools) is stopped by wait_until_stopped() before anything here goes.
struct application::parts {
    parts(config given, const logger& operator_log)
        : settings{std::move(given)},
          log{operator_log},
          web{web_settings_of(settings)},
          password_workers{settings.password_workers != 0 ? settings.password_workers
                                                          : std::max(1u, core_count() / 2),
                           waiting_logins},
          accesses{operator_log, settings.log_requests},
          limits{{.api = settings.api_rate_limit, .guess = settings.guess_limit}, now},
          figures{shard_count(settings)}
    {}

    config settings;
    const logger& log;
    steady_wall_clock now;
    web_settings web;
    asio::io_context waiting{1}; // for what start and stop wait for; the shards have their own
    pepper_set peppers;
    worker_pool audit_readers{1, waiting_searches};
    worker_pool password_workers; // of their own: a flood of logins starves nobody else (design.md 5)
    std::atomic<bool> is_leaving = false;
    access_log accesses;
    rate_limiter limits;
    metrics figures;
    std::unique_ptr<store> records;
    std::unique_ptr<redis_store> canary_store; // the same Redis, as another server has it; may be null
    std::unique_ptr<audit_file> audit;
    std::optional<audit_chain_check> audit_chain;
    std::optional<redis_audit_log> shared_audit; // over `audit`, where several servers share a Redis

    // Made by open_stores(), when the two above are there.
    std::optional<decision_log> decisions;
    std::optional<password_hasher> hasher;
    std::optional<verifier> tokens;
    std::optional<key_service> keys;
    std::optional<token_service> held_tokens;
    std::optional<user_service> users;
    std::optional<audit_service> audits;
    std::optional<verification_recorder> verifications;
    refusal_log refusals{log, now};
    std::optional<services> use;

    std::optional<http_server> server;
    std::optional<revocation_canary> canary; // with Redis
    std::optional<health_watch> watch;
    bool is_stopped = false;

    // Runs `work` to its end on the calling thread; not for a shard's.
    template <class T>
    T wait_for(task<T> work)
    {
        return run_to_end(waiting, std::move(work));
    }

    void stop_everything();
};

application::application(config settings, const logger& log)
    : parts_{std::make_unique<parts>(std::move(settings), log)}
{}

open_result<std::unique_ptr<application>> application::start(config settings, const logger& log)
{
    std::unique_ptr<application> made{new application{std::move(settings), log}};
    if (auto opened = made->open_stores(); !opened) return opened.error();
    if (auto prepared = made->prepare_users(); !prepared) return prepared.error();
    if (auto canary = made->make_canary(); !canary) return canary.error();
    if (auto listening = made->listen(); !listening) return listening.error();
    return made;
}

application::~application()
{
    try {
        begin_stop(stop_mode::at_once);
        wait_until_stopped();
    } catch (...) {
        parts_->log.error("stopping failed", {{"exception", exception_text(std::current_exception())}});
    }
}

open_result<void> application::open_stores()
{
    parts& all = *parts_;
    auto peppers = load_peppers(all.settings.pepper_file);
    if (!peppers) return peppers.error();
    all.peppers = std::move(*peppers);

    auto records = open_store(all.settings, all.now, all.waiting, all.log);
    if (!records) return records.error();
    all.records = std::move(*records);

    auto audit = audit_file::open({.path = all.settings.audit_log,
                                   .digest_of = sha256,
                                   .sync = all.settings.audit_sync,
                                   .when_full = all.settings.audit_when_full,
                                   .rotate_bytes = all.settings.audit_rotate_size,
                                   .keeper = dynamic_cast<audit_line_keeper*>(all.records.get())},
                                  all.now,
                                  all.audit_readers);
    if (!audit) return audit.error();
    all.audit = std::move(*audit);
    if (!all.audit->warning().empty()) all.log.warning(all.audit->warning());
    all.audit_chain.emplace(all.settings.audit_log, sha256);
    auto* const shared = dynamic_cast<redis_store*>(all.records.get());
    if (shared && all.settings.audit_stream_length != 0) {
        all.shared_audit.emplace(
            *shared, *all.audit, redis_audit_options{.stream_length = all.settings.audit_stream_length});
    }
    audit_log& trail = all.shared_audit ? static_cast<audit_log&>(*all.shared_audit) : *all.audit;

    const lifetime_settings lifetimes = lifetimes_of(all.settings);
    const session_settings sessions{.refresh = !all.settings.disable_session_expiry_refresh,
                                    .longest = lifetimes.maximum};
    store& store = *all.records;
    all.decisions.emplace(trail, all.now);
    all.hasher.emplace(all.password_workers);
    all.tokens.emplace(store, all.peppers, all.now, sessions);
    all.keys.emplace(store, *all.decisions, all.peppers, all.now, lifetimes);
    all.held_tokens.emplace(store, *all.decisions, *all.tokens, all.now);
    all.users.emplace(store,
                      *all.decisions,
                      *all.hasher,
                      all.peppers,
                      all.now,
                      lifetimes,
                      login_settings{.password_login = all.web.password_login});
    all.audits.emplace(*all.decisions, &*all.audit_chain);
    all.verifications.emplace(trail, all.now, recorded_by(all.settings.audit_verify));
    all.figures.add_source([&all](exposition& out) {
        write_metrics(out,
                      measured_components{.records = *all.records,
                                          .engine = name_of(all.settings.store.engine),
                                          .audit = *all.audit,
                                          .password_workers = all.password_workers,
                                          .audit_readers = all.audit_readers,
                                          .shards = shard_count(all.settings),
                                          .connection_limit = all.settings.max_connections});
    });
    all.use.emplace(services{store,
                             trail,
                             *all.tokens,
                             *all.keys,
                             *all.held_tokens,
                             *all.users,
                             *all.audits,
                             all.limits,
                             *all.verifications,
                             all.refusals,
                             all.figures,
                             all.now,
                             all.web,
                             all.settings.log_requests == request_logging::none ? nullptr : &all.accesses,
                             &all.is_leaving});
    return {};
}

open_result<void> application::prepare_users()
{
    parts& all = *parts_;
    if (const auto made = all.wait_for(all.users->ensure_system_user()); !made) {
        return open_error{made.error(), "the store cannot be written: " + made.error().message()};
    }
    const auto has_users = all.wait_for(all.users->has_first_user());
    if (!has_users) return open_error{"the store cannot be read: " + has_users.error().message};
    needs_first_user_ = !*has_users;

    first_user_settings& first = all.settings.first_user;
    if (!needs_first_user_ || !first.is_given()) return {};
    new_user asked;
    asked.email = first.email;
    asked.username = first.username;
    asked.password = std::move(first.password);
    const auto made =
        all.wait_for(all.users->create_first_user(std::move(asked), {random_uuid(), "", "latchkey serve"}));
    if (!made) {
        const refusal& why = made.error();
        const std::string& detail = why.validations.empty() ? why.detail : why.validations.front().detail;
        return open_error{"the first user cannot be made: " + why.message + (detail.empty() ? "" : ": ") +
                          detail + "; check LATCHKEY_FIRST_USER_EMAIL, _USERNAME and _PASSWORD"};
    }
    needs_first_user_ = false;
    all.log.info("made the first user", {{"username", made->username}});
    return {};
}

open_result<void> application::make_canary()
{
    parts& all = *parts_;
    const auto interval = std::chrono::ceil<std::chrono::milliseconds>(all.settings.canary_interval);
    if (all.settings.store.engine != store_engine::redis || interval.count() <= 0) return {};

    auto clients = redis_clients_for(all.settings);
    if (!clients) return clients.error();
    auto opened =
        all.wait_for(redis_store::open(std::move(*clients), all.now, {.retention = microseconds{0}}));
    if (!opened) return opened.error();
    all.canary_store = std::move(*opened);

    revocation_canary::observer told;
    told.failing = [&log = all.log](std::string_view why) {
        log.warning("how long a revocation takes cannot be measured", {{"problem", why}});
    };
    told.working = [&log = all.log] { log.info("how long a revocation takes is measured again"); };
    told.exceeded = [&log = all.log](canary_figures::seconds at_least) {
        log.warning("a revoked token was accepted longer than may be", {{"seconds", at_least.count()}});
    };
    all.canary.emplace(*all.tokens,
                       *all.canary_store,
                       all.peppers,
                       all.now,
                       canary_settings{.interval = interval, .bound = all.settings.cache_lease},
                       std::move(told));
    all.figures.add_source([&all](exposition& out) { write_metrics(out, all.canary->figures()); });
    return {};
}

open_result<void> application::listen()
{
    parts& all = *parts_;
    auto identity = load_tls();
    if (!identity) return identity.error();
    http_server_options options;
    options.tls = std::move(*identity);
    options.listen = all.settings.listen;
    options.admin_listen = all.settings.admin_listen;
    options.shards = shard_count(all.settings);
    options.figures = &all.figures;
    options.may_use_io_uring = !all.settings.disable_io_uring;
    options.limits.connections = all.settings.max_connections;
    options.limits.buffer_bytes = all.settings.buffer_memory;
    options.limits.stop = std::chrono::ceil<std::chrono::milliseconds>(all.settings.stop_timeout);
    options.make_handler = [&all](asio::io_context& shard, std::size_t index) {
        return std::make_unique<shard_handler>(*all.use, shard.get_executor(), all.figures.of_shard(index));
    };
    options.on_exception = [&all](const request& asked, const std::exception_ptr& thrown) {
        all.log.error("a handler threw",
                      {{"request_id", to_string(asked.id)}, {"exception", exception_text(thrown)}});
    };
    options.on_bound = [&all](const std::vector<listen_address>& bound) {
        // Every challenge names a URL (contract 3.4), so one is needed without --access-url too.
        if (all.web.access_url.empty()) all.web.access_url = local_url(bound, scheme_of(all.settings));
    };
    all.server.emplace(std::move(options));
    if (const auto failure = all.server->start()) {
        return open_error{failure->why,
                          "cannot listen on " + to_string(failure->address) + ": " + failure->why.message() +
                              "; choose another address or stop what uses it"};
    }
    if (!all.settings.disable_io_uring && !all.server->uses_io_uring())
        all.log.info("io_uring is not allowed: each connection is received from and sent to by system calls "
                     "of its own");
    if (all.canary) all.canary->start(all.server->executors());
    all.watch.emplace(health_of(*all.records, all.use->audit), all.log);
    return {};
}

const std::vector<listen_address>& application::addresses() const noexcept
{
    return parts_->server->addresses();
}

const std::vector<listen_address>& application::admin_addresses() const noexcept
{
    return parts_->server->admin_addresses();
}

std::string application::url() const
{
    return local_url(addresses(), scheme_of(parts_->settings));
}

void application::announce_stop() noexcept
{
    parts_->is_leaving = true;
}

void application::begin_stop(stop_mode mode)
{
    announce_stop();
    if (parts_->canary) parts_->canary->begin_stop();
    if (parts_->server) parts_->server->begin_stop(mode);
}

void application::wait_until_stopped()
{
    if (std::exchange(parts_->is_stopped, true)) return;
    parts_->stop_everything();
}

void application::parts::stop_everything()
{
    if (server) server->join();
    watch.reset();
    refusals.flush();
    if (canary) {
        canary->stop();
        static_cast<void>(wait_for(canary->clean_up()));
    }
    if (verifications) {
        if (const auto flushed = wait_for(verifications->flush()); !flushed) {
            log.warning("folded verifications could not be recorded", {{"error", flushed.error()}});
        }
    }
    if (shared_audit && !wait_for(shared_audit->close())) {
        log.warning("audit entries are in this server's file only: Redis cannot be written",
                    {{"entries", std::to_string(shared_audit->unsent())}});
    }
    password_workers.stop();
    audit_readers.stop();
    if (audit_chain) audit_chain->stop();
    if (audit) audit->close();
    if (records) close_store(*records, waiting, log);
}

// Null without TLS.
open_result<std::shared_ptr<const tls_identity>> application::load_tls() const
{
    const parts& all = *parts_;
    if (!all.settings.serves_tls()) return std::shared_ptr<const tls_identity>{};
    auto identity = tls_identity::load(tls_files_of(all.settings));
    if (!identity) return identity;
    const std::string& until = (*identity)->valid_until();
    if ((*identity)->is_outdated()) {
        all.log.warning("clients will refuse the certificate, which has ended", {{"valid_until", until}});
    } else {
        all.log.info("the certificate is loaded", {{"valid_until", until}});
    }
    return identity;
}

void application::reload_tls()
{
    auto identity = load_tls();
    if (!identity) {
        parts_->log.error("the certificate stays as it was", {{"problem", identity.error().message}});
    } else if (*identity) {
        parts_->server->use_tls(*identity);
    }
}

void application::reopen_audit_log()
{
    parts_->audit->reopen();
}

} // namespace latchkey
