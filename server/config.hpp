// What the operator asks of `latchkey serve`, parsed and checked: a pure function of command line,
// environment and file. Made once by main before any thread starts, then constant.
#pragma once

#include "auth/secret.hpp"
#include "server/access_log.hpp"
#include "server/address_block.hpp"
#include "server/listen_address.hpp"
#include "server/log.hpp"
#include "server/verify_mode.hpp"
#include "storage/audit_options.hpp"
#include "storage/error.hpp"
#include "storage/redis_topology.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct config_option;

enum class store_engine { memory, sqlite, redis };

struct store_location {
    store_engine engine = store_engine::memory;
    std::string path;     // sqlite: of the database file
    redis_topology redis; // redis: where it is, and the login
};

// For the log; without credentials.
std::string to_string(const store_location& location);

// Which verifications are written to the audit log; all are counted.
enum class verification_logging { all, denied, none };

enum class same_site { lax, none };

struct first_user_settings {
    std::string email;
    std::string username;
    secret_text password;

    bool is_given() const noexcept { return !email.empty(); }
};

struct config {
    std::string file; // --config; empty: none

    std::vector<listen_address> listen;       // never empty; port 0: the system chooses
    std::vector<listen_address> admin_listen; // for operators alone; empty: `listen` is theirs too
    std::string tls_certificate;              // these three empty: none
    std::string tls_key;
    std::string tls_client_ca;
    unsigned threads = 0; // 0: one for each core
    std::size_t max_connections = 0;
    std::uint64_t buffer_memory = 0;         // bytes, over all threads
    std::chrono::nanoseconds drain{};        // how long a stop is announced before it begins
    std::chrono::nanoseconds stop_timeout{}; // how long it then waits for requests in flight
    bool core_dumps = false;
    bool disable_io_uring = false; // see socket_ring
    std::vector<address_block> trusted_proxies;
    std::string access_url; // without a slash at its end; empty: the first of `listen`
    std::string coder_version;

    store_location store;
    std::uint64_t redis_wait_replicas = 0;
    std::string redis_tls_ca; // likewise
    std::string redis_tls_certificate;
    std::string redis_tls_key;
    std::uint64_t cache_size = 0;               // bytes, in front of Redis, over all threads
    std::chrono::milliseconds cache_lease{};    // 0: no cache
    std::chrono::nanoseconds canary_interval{}; // 0: never; only with Redis
    std::string pepper_file;                    // empty: none

    std::string audit_log;
    latchkey::audit_sync audit_sync{};
    latchkey::audit_when_full audit_when_full{};
    verification_logging audit_verify{};
    std::uint64_t audit_rotate_size = 0; // bytes; 0: never
    std::size_t audit_stream_length = 0; // entries, about; 0: no stream. For a store in Redis

    std::chrono::nanoseconds default_token_lifetime{};
    std::chrono::nanoseconds max_token_lifetime{};
    std::chrono::nanoseconds max_admin_token_lifetime{};
    std::chrono::nanoseconds session_duration{};
    bool disable_session_expiry_refresh = false;
    std::chrono::nanoseconds api_keys_retention{};

    unsigned api_rate_limit =
        0; // requests a minute for each user and endpoint; 0: no limit, none on logins either
    unsigned guess_limit = 0; // bad tokens a minute for each address; 0: no limit
    latchkey::verify_mode verify_mode{};
    bool disable_password_auth = false;
    unsigned password_workers = 0; // 0: half as many as cores, at least one
    bool secure_auth_cookie = false;
    same_site samesite_auth_cookie{};
    bool host_prefix_cookie = false;

    log_level level{};
    log_format format{};
    request_logging log_requests{};

    first_user_settings first_user;

    bool serves_tls() const noexcept { return !tls_certificate.empty(); }
};

// Everything the configuration depends on; nothing is read from the process itself.
struct config_sources {
    std::vector<std::string> arguments; // behind `latchkey serve`
    std::map<std::string, std::string, std::less<>> environment;
    std::function<result<std::string>(const std::string& path)> read_file;
};

enum class config_action { serve, print_help, print_markdown, print_config };

// Where one option's value comes from; in the order of the table, every option once.
struct chosen_setting {
    const config_option* option = nullptr;
    std::vector<std::string> values; // as given; empty when unset or secret
    bool is_set = false;
    std::string origin; // `default`, `--threads`, `LATCHKEY_THREADS`, `latchkey.conf:3`
};

struct loaded_config {
    config_action action = config_action::serve;
    config settings;                    // to be used only when there are no errors
    std::vector<chosen_setting> chosen; // for --print-config
    std::vector<std::string> errors;    // one line each: where, what was expected, what was found
};

// A flag wins over the environment, that over the file, that over the default. In the environment the flag
// --max-connections is LATCHKEY_MAX_CONNECTIONS, in the file `max-connections = 5`; LATCHKEY_<NAME>_FILE
// names a file that holds the value. An empty variable counts as unset. Whatever is unknown is an error.
[[nodiscard]] loaded_config load_config(const config_sources& sources);

} // namespace latchkey
