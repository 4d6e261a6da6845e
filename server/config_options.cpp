#include "server/config_options.hpp"

#include "auth/duration.hpp"
#include "auth/names.hpp"
#include "server/config_values.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace latchkey {

namespace {

using expectation = std::optional<std::string>;

// Strings and paths become parts of headers, log lines and system calls.
bool has_control_characters(std::string_view text) noexcept
{
    return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

template <auto Member>
expectation take_path(config& settings, std::string_view text)
{
    if (text.empty() || has_control_characters(text)) return "a path without control characters";
    settings.*Member = std::string{text};
    return {};
}

template <auto Member>
expectation take_switch(config& settings, std::string_view text)
{
    if (text != "true" && text != "false") return "true or false";
    settings.*Member = text == "true";
    return {};
}

template <auto Member, std::uint64_t Least, std::uint64_t Greatest>
expectation take_count(config& settings, std::string_view text)
{
    const auto number = parse_count(text);
    if (!number || *number < Least || *number > Greatest) {
        return "a number from " + std::to_string(Least) + " to " + std::to_string(Greatest);
    }
    settings.*Member = static_cast<unsigned>(*number);
    return {};
}

template <auto Member, std::uint64_t Greatest>
expectation take_thread_count(config& settings, std::string_view text)
{
    if (text == "auto") {
        settings.*Member = 0;
        return {};
    }
    auto expected = take_count<Member, 1, Greatest>(settings, text);
    if (expected) *expected += ", or auto";
    return expected;
}

// Zero and below turn the limit off, as Coder has it (contract 3.8).
expectation take_rate_limit(config& settings, std::string_view text)
{
    const bool is_negative = text.starts_with('-');
    const auto number = parse_count(is_negative ? text.substr(1) : text);
    if (!number || *number > std::numeric_limits<unsigned>::max())
        return "a number of requests a minute, 0 for no limit";
    settings.api_rate_limit = is_negative ? 0 : static_cast<unsigned>(*number);
    return {};
}

enum class zero_span { refused, allowed };

template <auto Member, zero_span Zero = zero_span::refused>
expectation take_span(config& settings, std::string_view text)
{
    const auto span = parse_duration(text);
    if (!span) return "a duration such as 90s, 168h, 30d or 1y";
    if (Zero == zero_span::refused && *span < std::chrono::seconds{1}) return "a duration of at least 1s";
    settings.*Member = *span;
    return {};
}

template <class Enum>
struct choice {
    std::string_view name;
    Enum value;
};

constexpr std::array<choice<sync_policy>, 3> sync_policies = {
    {{"always", sync_policy::always}, {"interval", sync_policy::interval}, {"never", sync_policy::never}}};
constexpr std::array<choice<full_queue_policy>, 2> full_queue_policies = {
    {{"refuse", full_queue_policy::refuse}, {"wait", full_queue_policy::wait}}};
constexpr std::array<choice<verification_logging>, 3> verification_loggings = {
    {{"all", verification_logging::all},
     {"denied", verification_logging::denied},
     {"none", verification_logging::none}}};
constexpr std::array<choice<same_site>, 2> same_sites = {
    {{"lax", same_site::lax}, {"none", same_site::none}}};
constexpr std::array<choice<log_level>, 4> log_levels = {{{"debug", log_level::debug},
                                                          {"info", log_level::info},
                                                          {"warning", log_level::warning},
                                                          {"error", log_level::error}}};
constexpr std::array<choice<log_format>, 2> log_formats = {
    {{"text", log_format::text}, {"json", log_format::json}}};

template <auto Member, const auto& Choices>
expectation take_choice(config& settings, std::string_view text)
{
    std::string names;
    for (const auto& known : Choices) {
        if (known.name == text) {
            settings.*Member = known.value;
            return {};
        }
        if (!names.empty()) names += &known == &Choices.back() ? " or " : ", ";
        names += known.name;
    }
    return names;
}

expectation take_listen_address(config& settings, std::string_view text)
{
    auto address = parse_listen_address(text);
    if (!address) return "HOST:PORT with an IP address (or localhost, or *), [IPV6]:PORT or unix:/PATH";
    settings.listen.push_back(std::move(*address));
    return {};
}

expectation take_trusted_proxy(config& settings, std::string_view text)
{
    const auto block = address_block::parse(text);
    if (!block) return "an IP address or a block such as 10.0.0.0/8, without bits behind the prefix";
    settings.trusted_proxies.push_back(*block);
    return {};
}

expectation take_access_url(config& settings, std::string_view text)
{
    auto url = parse_access_url(text);
    if (!url) return "http(s)://HOST[:PORT][/PATH] without credentials, query or fragment";
    settings.access_url = std::move(*url);
    return {};
}

expectation take_coder_version(config& settings, std::string_view text)
{
    if (!is_version(text)) return "a version such as v2.34.0";
    settings.coder_version = text;
    return {};
}

expectation take_store(config& settings, std::string_view text)
{
    if (is_redis_location(text)) return "memory: or sqlite:PATH: Redis is not in this version";
    auto location = parse_store_location(text);
    if (!location) return "memory: or sqlite:PATH";
    settings.store = std::move(*location);
    return {};
}

expectation take_rotate_size(config& settings, std::string_view text)
{
    constexpr std::uint64_t least = 1 << 20;
    const auto size = parse_size(text);
    if (!size || (*size != 0 && *size < least))
        return "a size of at least 1MiB such as 256MiB or 1GiB, or 0 for never";
    settings.audit_rotate_size = *size;
    return {};
}

expectation take_first_email(config& settings, std::string_view text)
{
    if (!is_email_address(text)) return "an email address";
    settings.first_user.email = text;
    return {};
}

expectation take_first_username(config& settings, std::string_view text)
{
    if (const auto wrong = username_fault(text)) return "a username (" + std::string{*wrong} + ")";
    settings.first_user.username = text;
    return {};
}

expectation take_first_password(config& settings, std::string_view text)
{
    settings.first_user.password = secret_text{std::string{text}};
    return {};
}

using enum option_kind;

constexpr config_option options[] = {
    {"Server",
     "config",
     "FILE",
     "",
     "read `name = value` lines from FILE; # starts a comment",
     value,
     take_path<&config::file>},
    {"Server",
     "listen",
     "ADDRESS",
     "127.0.0.1:7080",
     "HOST:PORT, [IPV6]:PORT or unix:/PATH to serve on",
     list,
     take_listen_address},
    {"Server",
     "threads",
     "N",
     "auto",
     "threads that serve connections; auto: one for each core",
     value,
     take_thread_count<&config::threads, 256>},
    {"Server",
     "max-connections",
     "N",
     "10000",
     "connections open at a time; further ones are answered 503 and closed",
     value,
     take_count<&config::max_connections, 1, 1'000'000>},
    {"Server",
     "drain",
     "DURATION",
     "10s",
     "how long a stop waits for requests in flight",
     value,
     take_span<&config::drain, zero_span::allowed>},
    {"Server",
     "trusted-proxy",
     "CIDR",
     "",
     "proxies whose X-Forwarded-For is believed",
     list,
     take_trusted_proxy},
    {"Server",
     "access-url",
     "URL",
     "",
     "where clients reach this server, as sent in challenges and buildinfo",
     value,
     take_access_url},
    {"Server",
     "coder-version",
     "vX.Y.Z",
     "",
     "version to report to the coder CLI in X-Coder-Build-Version",
     value,
     take_coder_version},

    {"Storage",
     "store",
     "STORE",
     "sqlite:latchkey.db",
     "sqlite:PATH (durable) or memory: (forgets at exit)",
     value,
     take_store},
    {"Storage",
     "pepper-file",
     "FILE",
     "",
     "keep HMACs under the first line of FILE instead of plain hashes; "
     "further lines are older peppers",
     value,
     take_path<&config::pepper_file>},

    {"Audit", "audit-log", "FILE", "audit.log", "the append-only log", value, take_path<&config::audit_log>},
    {"Audit",
     "audit-sync",
     "WHEN",
     "always",
     "always: answer after the entry is on the disk; interval: sync "
     "once a second; never: leave it to the system",
     value,
     take_choice<&config::audit_sync, sync_policies>},
    {"Audit",
     "audit-when-full",
     "WHAT",
     "refuse",
     "when the disk cannot keep up: refuse (503) or wait",
     value,
     take_choice<&config::audit_when_full, full_queue_policies>},
    {"Audit",
     "audit-verify",
     "WHICH",
     "denied",
     "verifications to log: all, denied or none; all are counted",
     value,
     take_choice<&config::audit_verify, verification_loggings>},
    {"Audit",
     "audit-rotate-size",
     "SIZE",
     "1GiB",
     "begin a new file at this size; 0: never",
     value,
     take_rotate_size},

    {"Tokens",
     "default-token-lifetime",
     "DURATION",
     "168h",
     "of tokens that ask for none",
     value,
     take_span<&config::default_token_lifetime>},
    {"Tokens",
     "max-token-lifetime",
     "DURATION",
     "876600h",
     "longest lifetime of a token",
     value,
     take_span<&config::max_token_lifetime>},
    {"Tokens",
     "max-admin-token-lifetime",
     "DURATION",
     "168h",
     "the same for owners",
     value,
     take_span<&config::max_admin_token_lifetime>},
    {"Tokens",
     "session-duration",
     "DURATION",
     "24h",
     "lifetime of a login, pushed on by use",
     value,
     take_span<&config::session_duration>},
    {"Tokens",
     "disable-session-expiry-refresh",
     "",
     "false",
     "sessions end after their duration, used or not",
     on_off,
     take_switch<&config::disable_session_expiry_refresh>},
    {"Tokens",
     "api-keys-retention",
     "DURATION",
     "7d",
     "how long lists go on showing what has expired",
     value,
     take_span<&config::api_keys_retention, zero_span::allowed>},

    {"Access",
     "api-rate-limit",
     "N",
     "512",
     "requests a minute for each user and endpoint; 0: no limit, and "
     "none on logins",
     value,
     take_rate_limit},
    {"Access",
     "disable-password-auth",
     "",
     "false",
     "refuse logins with a password",
     on_off,
     take_switch<&config::disable_password_auth>},
    {"Access",
     "password-workers",
     "N",
     "auto",
     "threads that hash passwords; auto: half of the cores",
     value,
     take_thread_count<&config::password_workers, 64>},
    {"Access",
     "secure-auth-cookie",
     "",
     "false",
     "send the session cookie over HTTPS only",
     on_off,
     take_switch<&config::secure_auth_cookie>},
    {"Access",
     "samesite-auth-cookie",
     "MODE",
     "lax",
     "SameSite of the session cookie: lax or none",
     value,
     take_choice<&config::samesite_auth_cookie, same_sites>},
    {"Access",
     "host-prefix-cookie",
     "",
     "false",
     "call the session cookie __Host-coder_session_token",
     on_off,
     take_switch<&config::host_prefix_cookie>},

    {"Logging",
     "log-level",
     "LEVEL",
     "info",
     "debug, info, warning or error",
     value,
     take_choice<&config::level, log_levels>},
    {"Logging",
     "log-format",
     "FORMAT",
     "text",
     "text or json, on standard error",
     value,
     take_choice<&config::format, log_formats>},

    {"First user",
     "first-user-email",
     "EMAIL",
     "",
     "made an owner at start if there are no users yet",
     off_the_line,
     take_first_email},
    {"First user",
     "first-user-username",
     "NAME",
     "",
     "goes with first-user-email",
     off_the_line,
     take_first_username},
    {"First user",
     "first-user-password",
     "PASSWORD",
     "",
     "goes with first-user-email",
     secret,
     take_first_password},
};

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
    return options;
}

const config_option* find_option(std::string_view name) noexcept
{
    const auto* found = std::ranges::find(options, name, &config_option::name);
    return found == std::ranges::end(options) ? nullptr : found;
}

} // namespace latchkey
