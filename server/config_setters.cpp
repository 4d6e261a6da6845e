#include "server/config_setters.hpp"

#include "auth/names.hpp"

#include <limits>
#include <utility>

namespace latchkey {

expectation take_rate_limit(config& settings, std::string_view text)
{
    const bool is_negative = text.starts_with('-');
    const auto number = parse_count(is_negative ? text.substr(1) : text);
    if (!number || *number > std::numeric_limits<unsigned>::max())
        return "a number of requests a minute, 0 for no limit";
    settings.api_rate_limit = is_negative ? 0 : static_cast<unsigned>(*number);
    return {};
}

expectation take_listen_address(std::vector<listen_address>& addresses, std::string_view text)
{
    auto address = parse_listen_address(text);
    if (!address) return "HOST:PORT with an IP address (or localhost, or *), [IPV6]:PORT or unix:/PATH";
    addresses.push_back(std::move(*address));
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
    auto location = parse_store_location(text);
    if (!location) return location.error().message;
    settings.store = std::move(*location);
    return {};
}

expectation take_cache_lease(config& settings, std::string_view text)
{
    using std::chrono::milliseconds;
    constexpr milliseconds least{10};
    constexpr milliseconds longest{60'000};
    const auto span = parse_duration(text);
    const bool is_off = span && span->count() == 0;
    if (!span || (!is_off && (*span < least || *span > longest)))
        return "a duration from 10ms to 1m such as 100ms, or 0 for no cache";
    settings.cache_lease = std::chrono::floor<milliseconds>(*span);
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

} // namespace latchkey
