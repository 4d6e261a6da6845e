#include "server/config_values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <sys/un.h>
#include <utility>

namespace latchkey {

namespace {

constexpr std::size_t longest_socket_path = sizeof(sockaddr_un::sun_path) - 1;

constexpr bool is_alphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::optional<listen_address> parse_local_socket(std::string_view path)
{
    if (!is_path(path) || !path.starts_with('/') || path.size() > longest_socket_path) return {};
    return unix_path{std::string{path}};
}

open_error unknown_store()
{
    return {"memory:, sqlite:PATH, redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE], rediss://... (TLS), "
            "unix:/SOCKET, redis+sentinel://[[USER]:PASSWORD@]HOST,HOST,.../SERVICE[/DATABASE] or "
            "redis+cluster://[[USER]:PASSWORD@]HOST,HOST,..."};
}

std::optional<boost::asio::ip::address> parse_host(std::string_view host)
{
    if (host.empty() || host == "*") return boost::asio::ip::address_v4::any();
    if (host == "localhost") return boost::asio::ip::address_v4::loopback();
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(host, ec);
    if (ec || address.is_v6() != bracketed) return {};
    return address;
}

} // namespace

std::optional<std::uint64_t> parse_count(std::string_view text) noexcept
{
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc{} || end != text.data() + text.size()) return {};
    return number;
}

std::optional<listen_address> parse_listen_address(std::string_view text)
{
    constexpr std::string_view unix_prefix = "unix:";
    if (text.starts_with(unix_prefix)) return parse_local_socket(text.substr(unix_prefix.size()));

    const auto colon = text.rfind(':');
    if (colon == text.npos) return {};
    const auto port = parse_count(text.substr(colon + 1));
    const auto host = parse_host(text.substr(0, colon));
    if (!host || !port || *port > std::numeric_limits<std::uint16_t>::max()) return {};
    return boost::asio::ip::tcp::endpoint{*host, static_cast<std::uint16_t>(*port)};
}

open_result<store_location> parse_store_location(std::string_view text)
{
    constexpr std::string_view sqlite = "sqlite:";
    if (text == "memory:") return store_location{};
    if (text.starts_with(sqlite)) {
        const auto path = text.substr(sqlite.size());
        // SQLite takes `:memory:` for a database that forgets: whoever wants that says `memory:`.
        if (path.starts_with(':') || !is_path(path)) return unknown_store();
        return store_location{.engine = store_engine::sqlite, .path = std::string{path}, .redis = {}};
    }
    if (!is_redis_url(text)) return unknown_store();
    auto topology = parse_redis_topology(text);
    if (!topology) return topology.error();
    return store_location{.engine = store_engine::redis, .path = {}, .redis = std::move(*topology)};
}

std::string to_string(const store_location& location)
{
    switch (location.engine) {
    case store_engine::memory: return "memory";
    case store_engine::sqlite: return "sqlite:" + location.path;
    case store_engine::redis: return to_string(location.redis);
    }
    return {};
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept
{
    struct unit {
        std::string_view name;
        unsigned shift;
    };
    constexpr std::array<unit, 3> units = {{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};

    unsigned shift = 0;
    for (const unit& known : units) {
        if (!text.ends_with(known.name)) continue;
        shift = known.shift;
        text.remove_suffix(known.name.size());
    }
    const auto number = parse_count(text);
    if (!number || *number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return {};
    return *number << shift;
}

std::optional<std::string> parse_access_url(std::string_view text)
{
    constexpr std::string_view allowed_marks = "-._~:/[]%"; // no '@', '?', '#', no quotes, no space
    const bool has_scheme = text.starts_with("http://") || text.starts_with("https://");
    if (!has_scheme) return {};
    const auto rest = text.substr(text.find("//") + 2);
    const bool is_plain = std::ranges::all_of(
        rest, [&](char c) { return is_alphanumeric(c) || allowed_marks.find(c) != allowed_marks.npos; });
    if (rest.empty() || rest.starts_with('/') || rest.starts_with(':') || !is_plain) return {};
    while (text.ends_with('/'))
        text.remove_suffix(1);
    return std::string{text};
}

bool is_version(std::string_view text) noexcept
{
    if (!text.starts_with('v')) return false;
    const char* at = text.data() + 1;
    const char* const end = text.data() + text.size();
    for (int part = 0; part < 3; ++part) {
        if (part > 0 && (at == end || *at++ != '.')) return false;
        unsigned number = 0;
        const auto [behind, failure] = std::from_chars(at, end, number);
        if (failure != std::errc{}) return false;
        at = behind;
    }
    if (at != end && *at != '-' && *at != '+') return false;
    return std::all_of(
        at, end, [](char c) { return is_alphanumeric(c) || c == '.' || c == '+' || c == '-'; });
}

bool is_path(std::string_view text) noexcept
{
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    return !text.empty() && std::ranges::none_of(text, is_control);
}

} // namespace latchkey
