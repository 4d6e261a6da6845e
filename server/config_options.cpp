#include "server/config_options.hpp"

#include "server/config_setters.hpp"

#include <algorithm>
#include <iterator>

namespace latchkey {

namespace {

using enum option_kind;

// A row of three lines here would be one of seven by the tool.
// clang-format off
constexpr config_option option_table[] = {
    {"Server", "config", "FILE", "",
     "read `name = value` lines from FILE; # starts a comment",
     value, take_path<&config::file>},
    {"Server", "listen", "ADDRESS", "127.0.0.1:7080",
     "HOST:PORT, [IPV6]:PORT or unix:/PATH to serve on",
     list, take_address<&config::listen>},
    {"Server", "admin-listen", "ADDRESS", "",
     "the same for operators alone: /metrics is then answered there and no longer on --listen, and nothing else "
     "but /healthz, /readyz and /api/v2/buildinfo; never over TLS",
     list, take_address<&config::admin_listen>},
    {"Server", "tls-cert", "FILE", "",
     "PEM of a certificate, followed by those that vouch for it: --listen then speaks HTTPS alone (TLS 1.2 and 1.3), "
     "except on socket files, and the session cookie is Secure; SIGHUP reads the files anew",
     value, take_path<&config::tls_certificate>},
    {"Server", "tls-key", "FILE", "",
     "PEM of that certificate's key, without a passphrase",
     value, take_path<&config::tls_key>},
    {"Server", "tls-client-ca", "FILE", "",
     "PEM of authorities: only clients with a certificate of theirs are served",
     value, take_path<&config::tls_client_ca>},
    {"Server", "threads", "N", "auto",
     "threads that serve connections; auto: one for each core",
     value, take_thread_count<&config::threads, 256>},
    {"Server", "max-connections", "N", "10000",
     "connections open at a time; further ones are answered 503 and closed",
     value, take_count<&config::max_connections, 1, 1'000'000>},
    {"Server", "buffer-memory", "SIZE", "256MiB",
     "memory for bodies that are not whole yet and answers that are not read, over all threads; full: 503",
     value, take_size<&config::buffer_memory>},
    {"Server", "drain", "DURATION", "0s",
     "how long a server that is told to stop goes on answering everything, /readyz alone with 503, so that "
     "balancers see it go",
     value, take_span<&config::drain, zero_span::allowed>},
    {"Server", "stop-timeout", "DURATION", "10s",
     "how long a stop then waits for requests in flight",
     value, take_span<&config::stop_timeout, zero_span::allowed>},
    {"Server", "core-dumps", "", "false",
     "let the system keep the memory of a server that crashed, secrets in it included",
     on_off, take_switch<&config::core_dumps>},
    {"Server", "disable-io-uring", "", "false",
     "receive from and send to each connection by system calls of its own, as where io_uring is not allowed",
     on_off, take_switch<&config::disable_io_uring>},
    {"Server", "trusted-proxy", "CIDR", "",
     "proxies whose X-Forwarded-For is believed",
     list, take_trusted_proxy},
    {"Server", "access-url", "URL", "",
     "where clients reach this server, as sent in challenges and buildinfo; without it the first --listen",
     value, take_access_url},
    {"Server", "coder-version", "vX.Y.Z", "",
     "version to report to the coder CLI in X-Coder-Build-Version",
     value, take_coder_version},

    {"Storage", "store", "STORE", "sqlite:latchkey.db",
     "sqlite:PATH (durable), redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] (shared by several servers; "
     "rediss:// over TLS, unix:/SOCKET), redis+sentinel://HOST,HOST,.../SERVICE[/DATABASE], "
     "redis+cluster://HOST,HOST,... (the same behind Sentinels, or a Cluster; rediss+... over TLS), or memory: "
     "(forgets at exit)",
     value, take_store},
    {"Storage", "redis-wait-replicas", "N", "0",
     "replicas that must have a change before it counts; too few in half a second: 503, though it may last",
     value, take_count<&config::redis_wait_replicas, 0, 64>},
    {"Storage", "redis-tls-ca", "FILE", "",
     "PEM of the authorities that a rediss:// server's certificate must come from, instead of the system's",
     value, take_path<&config::redis_tls_ca>},
    {"Storage", "redis-tls-certificate", "FILE", "",
     "PEM of a certificate to show to a rediss:// server",
     value, take_path<&config::redis_tls_certificate>},
    {"Storage", "redis-tls-key", "FILE", "",
     "PEM of that certificate's key",
     value, take_path<&config::redis_tls_key>},
    {"Storage", "cache-size", "SIZE", "64MiB",
     "memory for keys that were read from Redis, over all threads",
     value, take_size<&config::cache_size>},
    {"Storage", "cache-lease", "DURATION", "100ms",
     "how long what was read from Redis counts after the last proof that nothing of it has changed: the latest "
     "that a token revoked by another server, or by hand, is refused; 0: ask Redis each time",
     value, take_cache_lease},
    {"Storage", "pepper-file", "FILE", "",
     "keep HMACs under the first line of FILE instead of plain hashes; further lines, to 8 in all, are older "
     "peppers",
     value, take_path<&config::pepper_file>},
    {"Storage", "canary-interval", "DURATION", "10s",
     "with Redis: how often to make, use and revoke a token of the server's own, to measure how long a "
     "revocation takes; 0: never",
     value, take_span<&config::canary_interval, zero_span::allowed>},

    {"Audit", "audit-log", "FILE", "audit.log",
     "the append-only log",
     value, take_path<&config::audit_log>},
    {"Audit", "audit-sync", "WHEN", "always",
     "always: answer after the entry is on the disk; interval: sync once a second; never: leave it "
     "to the system",
     value, take_choice<&config::audit_sync, audit_syncs>},
    {"Audit", "audit-when-full", "WHAT", "refuse",
     "when the disk cannot keep up: refuse (503) or wait",
     value, take_choice<&config::audit_when_full, audit_when_fulls>},
    {"Audit", "audit-verify", "WHICH", "denied",
     "verifications to log: all, denied or none; all are counted",
     value, take_choice<&config::audit_verify, verification_loggings>},
    {"Audit", "audit-rotate-size", "SIZE", "256MiB",
     "begin a new file at this size; 0: never",
     value, take_rotate_size},
    {"Audit", "audit-stream-length", "N", "100000",
     "with a Redis store: entries kept in a stream there, so that every server finds what all did; 0: none",
     value, take_count<&config::audit_stream_length, 0, 10'000'000>},

    {"Tokens", "default-token-lifetime", "DURATION", "168h",
     "of tokens that ask for none",
     value, take_span<&config::default_token_lifetime>},
    {"Tokens", "max-token-lifetime", "DURATION", "876600h",
     "longest lifetime of a token",
     value, take_span<&config::max_token_lifetime>},
    {"Tokens", "max-admin-token-lifetime", "DURATION", "168h",
     "the same for owners",
     value, take_span<&config::max_admin_token_lifetime>},
    {"Tokens", "session-duration", "DURATION", "24h",
     "lifetime of a login, pushed on by use",
     value, take_span<&config::session_duration>},
    {"Tokens", "disable-session-expiry-refresh", "", "false",
     "sessions end after their duration, used or not",
     on_off, take_switch<&config::disable_session_expiry_refresh>},
    {"Tokens", "api-keys-retention", "DURATION", "7d",
     "how long lists go on showing what has expired",
     value, take_span<&config::api_keys_retention, zero_span::allowed>},

    {"Access", "api-rate-limit", "N", "512",
     "requests a minute for each user and endpoint; 0: no limit, and none on logins and guesses",
     value, take_rate_limit},
    {"Access", "guess-limit", "N", "6000",
     "bad tokens a minute that one address may send to /verify before it is told 429; good ones are never "
     "refused for it; 0: no limit",
     value, take_count<&config::guess_limit, 0, 1'000'000'000>},
    {"Access", "verify-mode", "MODE", "rich",
     "how /verify refuses unless its query says ?mode=: rich (also 400, 429 and 503) or strict (only 401 and 403, "
     "as nginx wants it)",
     value, take_choice<&config::verify_mode, verify_modes>},
    {"Access", "disable-password-auth", "", "false",
     "refuse logins with a password",
     on_off, take_switch<&config::disable_password_auth>},
    {"Access", "password-workers", "N", "auto",
     "threads that hash passwords; auto: half of the cores",
     value, take_thread_count<&config::password_workers, 64>},
    {"Access", "secure-auth-cookie", "", "false",
     "send the session cookie over HTTPS only",
     on_off, take_switch<&config::secure_auth_cookie>},
    {"Access", "samesite-auth-cookie", "MODE", "lax",
     "SameSite of the session cookie: lax or none",
     value, take_choice<&config::samesite_auth_cookie, same_sites>},
    {"Access", "host-prefix-cookie", "", "false",
     "call the session cookie __Host-coder_session_token",
     on_off, take_switch<&config::host_prefix_cookie>},

    {"Logging", "log-level", "LEVEL", "info",
     "debug, info, warning or error",
     value, take_choice<&config::level, log_levels>},
    {"Logging", "log-format", "FORMAT", "text",
     "text or json, on standard error",
     value, take_choice<&config::format, log_formats>},
    {"Logging", "log-requests", "WHICH", "none",
     "a line for each request: none, api (all but /verify) or all; with its route, never its path or query",
     value, take_choice<&config::log_requests, request_loggings>},

    {"First user", "first-user-email", "EMAIL", "",
     "made an owner at start if there are no users yet",
     off_the_line, take_first_email},
    {"First user", "first-user-username", "NAME", "",
     "goes with first-user-email",
     off_the_line, take_first_username},
    {"First user", "first-user-password", "PASSWORD", "",
     "goes with first-user-email",
     secret, take_first_password},
};
// clang-format on

} // namespace

std::string config_option::variable() const
{
    std::string text = "LATCHKEY_";
    for (const char c : name)
        text += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 0x20 : c);
    return text;
}

std::span<const config_option> config_options() noexcept
{
    return option_table;
}

const config_option* find_option(std::string_view name) noexcept
{
    const auto* found = std::ranges::find(option_table, name, &config_option::name);
    return found == std::ranges::end(option_table) ? nullptr : found;
}

} // namespace latchkey
