#include "server/config.hpp"
#include "server/config_help.hpp"
#include "server/config_options.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

// What a machine would hold, without the machine.
struct given {
    std::vector<std::string> arguments{};
    std::map<std::string, std::string, std::less<>> environment{};
    std::map<std::string, std::string> files{};

    loaded_config load() const
    {
        return load_config({arguments, environment, [this](const std::string& path) -> result<std::string> {
                                const auto found = files.find(path);
                                if (found != files.end()) return found->second;
                                return make_error_code(boost::system::errc::no_such_file_or_directory);
                            }});
    }
};

config settings_of(const given& from)
{
    auto loaded = from.load();
    CHECK(loaded.errors == std::vector<std::string>{});
    return std::move(loaded.settings);
}

std::vector<std::string> errors_of(const given& from)
{
    return from.load().errors;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("without any word of the operator the documented defaults hold", "[server][config]")
{
    const auto settings = settings_of({});

    REQUIRE(settings.listen.size() == 1);
    CHECK(to_string(settings.listen[0]) == "127.0.0.1:7080");
    CHECK(settings.store.engine == store_engine::sqlite);
    CHECK(settings.store.path == "latchkey.db");
    CHECK(settings.threads == 0);
    CHECK(settings.audit_sync == audit_sync::always);
    CHECK(settings.audit_when_full == audit_when_full::refuse);
    CHECK(settings.audit_verify == verification_logging::denied);
    CHECK(settings.default_token_lifetime == 168h);
    CHECK(settings.max_token_lifetime == 876600h);
    CHECK(settings.max_admin_token_lifetime == 168h);
    CHECK(settings.session_duration == 24h);
    CHECK(settings.api_keys_retention == 7 * 24h);
    CHECK(settings.drain == 0s);
    CHECK(settings.stop_timeout == 10s);
    CHECK(settings.api_rate_limit == 512);
    CHECK(settings.guess_limit == 6000);
    CHECK(settings.verify_mode == verify_mode::rich);
    CHECK_FALSE(settings.secure_auth_cookie);
    CHECK(settings.samesite_auth_cookie == same_site::lax);
    CHECK(settings.format == log_format::text);
    CHECK_FALSE(settings.first_user.is_given());
}

TEST_CASE("every default of the table is one that its own option takes", "[server][config]")
{
    for (const config_option& option : config_options()) {
        CAPTURE(option.name);
        config settings;
        if (!option.default_text.empty()) CHECK_FALSE(option.take(settings, option.default_text));
        CHECK_FALSE(option.help.empty());
        CHECK(option.placeholder.empty() == (option.kind == option_kind::on_off));
        CHECK(std::ranges::count(config_options(), option.name, &config_option::name) == 1);
    }
}

TEST_CASE("a flag wins over the environment, that over the file, that over the default", "[server][config]")
{
    given from;
    CHECK(settings_of(from).session_duration == 24h);

    from.files["a.conf"] = "session-duration = 1h\n";
    from.environment["LATCHKEY_CONFIG"] = "a.conf";
    CHECK(settings_of(from).session_duration == 1h);

    from.environment["LATCHKEY_SESSION_DURATION"] = "2h";
    CHECK(settings_of(from).session_duration == 2h);

    from.arguments = {"--session-duration", "3h"};
    CHECK(settings_of(from).session_duration == 3h);
}

TEST_CASE("a list of a stronger place replaces that of a weaker one", "[server][config]")
{
    given from{
        .arguments = {"--config=a.conf", "--listen", "127.0.0.1:1", "--listen=[::1]:2,unix:/s"},
        .environment = {{"LATCHKEY_LISTEN", "127.0.0.1:3"}, {"LATCHKEY_TRUSTED_PROXY", "10.0.0.0/8, ::1"}},
        .files = {{"a.conf", "listen = 127.0.0.1:4\nlisten = 127.0.0.1:5\n"}}};

    const auto settings = settings_of(from);

    texts listen;
    std::ranges::transform(
        settings.listen, std::back_inserter(listen), [](const auto& each) { return to_string(each); });
    CHECK(listen == texts{"127.0.0.1:1", "[::1]:2", "unix:/s"});
    REQUIRE(settings.trusted_proxies.size() == 2);
    CHECK(settings.trusted_proxies[1].text() == "::1/128");
}

TEST_CASE("flags are read in each of their forms", "[server][config]")
{
    const auto settings = settings_of({.arguments = {"--store",
                                                     "memory:",
                                                     "--threads=2",
                                                     "--secure-auth-cookie",
                                                     "--host-prefix-cookie=true",
                                                     "--disable-password-auth=false",
                                                     "--api-rate-limit",
                                                     "-1",
                                                     "--api-keys-retention",
                                                     "30d",
                                                     "--max-token-lifetime=1y",
                                                     "--audit-rotate-size=0",
                                                     "--audit-stream-length=5000",
                                                     "--access-url=https://t.example.org/",
                                                     "--log-level=warning"}});

    CHECK(settings.store.engine == store_engine::memory);
    CHECK(settings.threads == 2);
    CHECK(settings.secure_auth_cookie);
    CHECK(settings.host_prefix_cookie);
    CHECK_FALSE(settings.disable_password_auth);
    CHECK(settings.api_rate_limit == 0);
    CHECK(settings.api_keys_retention == 30 * 24h);
    CHECK(settings.max_token_lifetime == 365 * 24h);
    CHECK(settings.audit_rotate_size == 0);
    CHECK(settings.audit_stream_length == 5000);
    CHECK(settings.access_url == "https://t.example.org");
    CHECK(settings.level == log_level::warning);
}

TEST_CASE("all errors are reported at once, each where it was made", "[server][config]")
{
    const given from{
        .arguments = {"--threads", "many", "--listen", "here", "--treads=2", "stray", "--drain"},
        .environment = {{"LATCHKEY_MAX_CONNECTIONS", "0"},
                        {"LATCHKEY_LOGLEVEL", "debug"},
                        {"LATCHKEY_CONFIG", "a.conf"}},
        .files = {{"a.conf", "# a comment\n\naudit-sync = often\nno equals sign\ncolour = red\n"}}};

    CHECK(
        errors_of(from) ==
        texts{
            R"("--treads" is not a flag; did you mean --threads?)",
            R"("stray" is not a flag: expected --name VALUE or --name=VALUE)",
            "--drain: a value is missing (DURATION)",
            R"("LATCHKEY_LOGLEVEL" is not a variable of Latchkey; did you mean LATCHKEY_LOG_LEVEL?)",
            "a.conf:4: expected `name = value`, the value whole or in double quotes",
            R"(a.conf:5: there is no option "colour")",
            R"(--listen: expected HOST:PORT with an IP address (or localhost, or *), [IPV6]:PORT or unix:/PATH, found "here")",
            R"(--threads: expected a number from 1 to 256, or auto, found "many")",
            R"(LATCHKEY_MAX_CONNECTIONS (--max-connections): expected a number from 1 to 1000000, found "0")",
            R"(a.conf:3 (--audit-sync): expected always, interval or never, found "often")"});
}

TEST_CASE("each kind of value is held to its bounds", "[server][config]")
{
    struct row {
        std::string_view argument;
        bool taken;
        std::string_view reason;
    };
    const row rows[] = {
        {"--threads=256", true, "the greatest"},
        {"--threads=257", false, "one past"},
        {"--threads=0", false, "auto is a word"},
        {"--password-workers=64", true, "the greatest"},
        {"--password-workers=65", false, "one past"},
        {"--max-connections=1000000", true, "the greatest"},
        {"--max-connections=1000001", false, "one past"},
        {"--drain=0", true, "not announced"},
        {"--stop-timeout=0", true, "stop at once"},
        {"--stop-timeout=-1s", false, "there is no negative wait"},
        {"--drain=-1s", false, "there is no negative wait"},
        {"--session-duration=1s", true, "the shortest"},
        {"--session-duration=999ms", false, "one short (contract A4)"},
        {"--session-duration=24", false, "a unit is missing"},
        {"--api-keys-retention=0", true, "nothing is kept"},
        {"--api-rate-limit=4294967295", true, "the greatest"},
        {"--api-rate-limit=4294967296", false, "one past"},
        {"--audit-rotate-size=1MiB", true, "the smallest"},
        {"--audit-rotate-size=1048575", false, "one short"},
        {"--cache-size=1MiB", true, "the smallest"},
        {"--cache-size=1048575", false, "one short"},
        {"--cache-lease=0", true, "no cache"},
        {"--cache-lease=10ms", true, "the shortest"},
        {"--cache-lease=9ms", false, "one short"},
        {"--cache-lease=1m", true, "the longest"},
        {"--cache-lease=60001ms", false, "one past"},
        {"--cache-lease=100", false, "a unit is missing"},
        {"--audit-stream-length=0", true, "no stream"},
        {"--audit-stream-length=10000000", true, "the greatest"},
        {"--audit-stream-length=10000001", false, "one past"},
        {"--audit-log=", false, "there is always an audit log"},
        {"--audit-log=a\nb", false, "control character"},
        {"--secure-auth-cookie=yes", false, "true or false only"},
        {"--log-format=xml", false, "not one of the words"},
        {"--trusted-proxy=10.0.0.1/8", false, "bits behind the prefix"},
        {"--coder-version=latest", false, "not a version"},
        {"--access-url=", true, "takes back what a weaker place said"},
    };
    for (const row& each : rows) {
        INFO(each.argument << ": " << each.reason);
        CHECK(errors_of({.arguments = {std::string{each.argument}}}).empty() == each.taken);
    }
}

TEST_CASE("duplicate settings are refused: what is set twice is an error unless it is a list",
          "[server][config]")
{
    CHECK(errors_of({.arguments = {"--threads=1", "--threads=2"}}) ==
          texts{"--threads: threads is given twice"});
    CHECK(errors_of({.arguments = {"--config=a"}, .files = {{"a", "threads=1\nthreads=1"}}}) ==
          texts{"a:2: threads is given twice"});
    CHECK(errors_of({.environment = {{"LATCHKEY_THREADS", "1"}, {"LATCHKEY_THREADS_FILE", "f"}},
                     .files = {{"f", "2"}}}) ==
          texts{"LATCHKEY_THREADS and LATCHKEY_THREADS_FILE are both set: expected one of them"});
}

TEST_CASE("cookies that browsers would drop are refused", "[server][config]")
{
    for (const std::string flag : {"--host-prefix-cookie", "--samesite-auth-cookie=none"}) {
        CAPTURE(flag);
        CHECK(errors_of({.arguments = {flag}}).size() == 1);
        CHECK(errors_of({.arguments = {flag, "--secure-auth-cookie"}}).empty());
        CHECK(errors_of({.arguments = {flag, "--tls-cert=c.pem", "--tls-key=k.pem"}}).empty());
    }
}

TEST_CASE("of TLS's files none is of use without the others it needs", "[server][config]")
{
    const std::string certificate = "--tls-cert=c.pem";
    const std::string key = "--tls-key=k.pem";
    const std::string client_ca = "--tls-client-ca=a.pem";

    CHECK(errors_of({.arguments = {certificate}}) == texts{"--tls-cert: expected --tls-key with it"});
    CHECK(errors_of({.arguments = {key}}) == texts{"--tls-key: expected --tls-cert with it"});
    CHECK(errors_of({.arguments = {client_ca}}) == texts{"--tls-client-ca: expected --tls-cert with it"});
    CHECK(errors_of({.arguments = {certificate, key}}).empty());
    CHECK(errors_of({.arguments = {certificate, key, client_ca}}).empty());
    CHECK(settings_of({.arguments = {certificate, key}}).serves_tls());
    CHECK_FALSE(settings_of({}).serves_tls());
}

TEST_CASE("a password in a store's URL is used and not repeated", "[server][config]")
{
    for (const std::string scheme : {"redis://", "rediss://"}) {
        CAPTURE(scheme);
        const given good{.arguments = {"--store", scheme + "user:hunter2@db:6380/3"}};
        const store_location store = settings_of(good).store;

        CHECK(store.engine == store_engine::redis);
        CHECK(store.redis.login.password == "hunter2");
        CHECK(store.redis.login.database == 3);
        CHECK(to_string(store) == scheme + "db:6380");
        const std::string printed = printed_config(good.load());
        CHECK(printed.find("hunter2") == printed.npos);

        const auto errors = errors_of({.arguments = {"--store", scheme + "user:hunter2@db:port"}});
        REQUIRE(errors.size() == 1);
        CHECK(errors.front().find("hunter2") == errors.front().npos);
    }
}

TEST_CASE("no password of a Sentinel's or Cluster's URL is printed, nor the Sentinels' own",
          "[server][config]")
{
    struct sample {
        std::string url;
        std::string printed;
    };
    const sample samples[] = {
        {"redis+cluster://u:hunter2@a,b:7001", "redis+cluster://a:6379,b:7001"},
        {"rediss+cluster://u:hunter2@a,[::1]:7001", "rediss+cluster://a:6379,[::1]:7001"},
        {"redis+sentinel://:hunter2@a,b:1/main/3?sentinel=:hunter2", "redis+sentinel://a:26379,b:1/main"},
        {"rediss+sentinel://:hunter2@a/main", "rediss+sentinel://a:26379/main"}};
    for (const sample& each : samples) {
        CAPTURE(each.url);
        const given good{.arguments = {"--store", each.url}};
        const store_location store = settings_of(good).store;

        CHECK(store.redis.login.password == "hunter2");
        CHECK(to_string(store) == each.printed);
        const std::string printed = printed_config(good.load());
        CHECK(printed.find("hunter2") == printed.npos);

        std::string wrong = each.url;
        wrong.insert(wrong.find('@') + 1, ","); // a host without a name
        const auto errors = errors_of({.arguments = {"--store", wrong}});
        REQUIRE(errors.size() == 1);
        CHECK(errors.front().find("hunter2") == errors.front().npos);
    }
}

TEST_CASE("how many replicas a change waits for is a number", "[server][config]")
{
    CHECK(settings_of({}).redis_wait_replicas == 0);
    CHECK(settings_of({.arguments = {"--redis-wait-replicas", "2"}}).redis_wait_replicas == 2);
    CHECK(errors_of({.arguments = {"--redis-wait-replicas", "all"}}).size() == 1);
}

TEST_CASE("an empty variable counts as unset, and Kubernetes' own are passed over", "[server][config]")
{
    const auto settings = settings_of({.environment = {{"LATCHKEY_THREADS", ""},
                                                       {"LATCHKEY_THREADS_FILE", ""},
                                                       {"LATCHKEY_PORT", "tcp://10.0.0.1:7080"},
                                                       {"LATCHKEY_PORT_7080_TCP_ADDR", "10.0.0.1"},
                                                       {"LATCHKEY_SERVICE_HOST", "10.0.0.1"},
                                                       {"PATH", "/bin"}}});

    CHECK(settings.threads == 0);
}

TEST_CASE("a variable's value can come from a file, its line end left out", "[server][config]")
{
    const given from{.environment = {{"LATCHKEY_ACCESS_URL_FILE", "/run/secrets/url"}},
                     .files = {{"/run/secrets/url", "https://a.example.org\r\n"}}};
    CHECK(settings_of(from).access_url == "https://a.example.org");

    CHECK(errors_of({.environment = {{"LATCHKEY_ACCESS_URL_FILE", "/gone"}}}) ==
          texts{R"(LATCHKEY_ACCESS_URL_FILE: cannot read "/gone": No such file or directory)"});
    CHECK(errors_of({.environment = {{"LATCHKEY_CONFIG_FILE", "a.conf"}}}) ==
          texts{R"("LATCHKEY_CONFIG_FILE" is not a variable of Latchkey; did you mean LATCHKEY_CONFIG?)"});
}

TEST_CASE("the first user is given whole or not at all", "[server][config]")
{
    given from{.environment = {{"LATCHKEY_FIRST_USER_EMAIL", "ada@example.org"},
                               {"LATCHKEY_FIRST_USER_USERNAME", "ada"},
                               {"LATCHKEY_FIRST_USER_PASSWORD_FILE", "/run/secrets/password"}},
               .files = {{"/run/secrets/password", "correct horse # battery\n"}}};
    const auto settings = settings_of(from);
    CHECK(settings.first_user.is_given());
    CHECK(settings.first_user.email == "ada@example.org");
    CHECK(settings.first_user.username == "ada");
    CHECK(settings.first_user.password.expose() == "correct horse # battery");

    from.environment.erase("LATCHKEY_FIRST_USER_USERNAME");
    CHECK(errors_of(from) == texts{"LATCHKEY_FIRST_USER_USERNAME: expected with the other "
                                   "LATCHKEY_FIRST_USER_ settings: all three or none"});
}

TEST_CASE("a password is not taken from the command line and in no error", "[server][config]")
{
    for (const texts& arguments : {texts{"--first-user-password", "hunter2"},
                                   texts{"--first-user-password=hunter2"},
                                   texts{"--first-user-pasword=hunter2"},
                                   texts{"--first-user-pasword", "hunter2"}}) {
        const auto errors = errors_of({.arguments = arguments});
        REQUIRE(errors.size() == 1);
        CAPTURE(errors[0]);
        CHECK(errors[0].find("hunter2") == std::string::npos);
    }
}

TEST_CASE("a configuration file holds names, values, comments and quotes", "[server][config]")
{
    const auto settings = settings_of({.arguments = {"--config", "a.conf"},
                                       .files = {{"a.conf",
                                                  "\n"
                                                  "  # a whole line\r\n"
                                                  "threads=3\r\n"
                                                  "  audit-log = /var/log/a#b.log   # behind a value\n"
                                                  "pepper-file = \"/etc/a # b\"  # quotes keep a hash sign\n"
                                                  "access-url =   # nothing\n"
                                                  "log-format = json"}}});

    CHECK(settings.threads == 3);
    CHECK(settings.audit_log == "/var/log/a#b.log");
    CHECK(settings.pepper_file == "/etc/a # b");
    CHECK(settings.access_url.empty());
    CHECK(settings.format == log_format::json);
}

TEST_CASE("a configuration file that is bad says which line and never what it held", "[server][config]")
{
    const auto errors =
        errors_of({.arguments = {"--config=a.conf"},
                   .files = {{"a.conf", "first-user-password = \"open\nconfig = b.conf\nlisten\n"}}});

    CHECK(errors == texts{"a.conf:1: expected `name = value`, the value whole or in double quotes",
                          "a.conf:2: a configuration file cannot name another",
                          "a.conf:3: expected `name = value`, the value whole or in double quotes"});
    CHECK(errors_of({.arguments = {"--config=gone.conf"}}) ==
          texts{R"(--config: cannot read "gone.conf": No such file or directory)"});
}
