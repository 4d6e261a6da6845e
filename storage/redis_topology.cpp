#include "storage/redis_topology.hpp"

#include "storage/redis_url.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace latchkey {
namespace {

using transport = redis_address::transport;
using kind = redis_topology::kind;

constexpr std::uint16_t sentinel_port = 26379;
constexpr std::uint16_t redis_port = 6379;

struct scheme {
    std::string_view text;
    kind what;
    transport via;
};

constexpr std::array<scheme, 4> schemes = {{{"redis+sentinel://", kind::sentinel, transport::tcp},
                                            {"rediss+sentinel://", kind::sentinel, transport::tls},
                                            {"redis+cluster://", kind::cluster, transport::tcp},
                                            {"rediss+cluster://", kind::cluster, transport::tls}}};

// "a,b:1,[::1]:2"; `usual_port` for those that name none.
open_result<std::vector<redis_address>>
parse_hosts(std::string_view text, transport via, std::uint16_t usual_port)
{
    std::vector<redis_address> hosts;
    do {
        const std::string_view one = take_until(text, ',');
        auto address = parse_redis_host(one, via);
        if (!address) return address.error();
        const bool has_port = one.find(':', one.starts_with('[') ? one.find(']') : 0) != one.npos;
        if (!has_port) address->port = usual_port;
        hosts.push_back(std::move(*address));
    } while (!text.empty());
    return hosts;
}

// Sentinel allows no other names (A-z 0-9 . - _).
bool is_service(std::string_view text) noexcept
{
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
               c == '-' || c == '_';
    });
}

// "sentinel=login&sentinel-tls=no", each at most once.
open_result<void> take_sentinel_questions(redis_topology& into, std::string_view rest)
{
    constexpr std::string_view login_mark = "sentinel=";
    constexpr std::string_view in_clear = "sentinel-tls=no";
    bool has_login = false;
    while (!rest.empty()) {
        const std::string_view one = take_until(rest, '&');
        if (one.starts_with(login_mark) && !has_login) {
            auto login = parse_redis_login(one.substr(login_mark.size()));
            if (!login) return login.error();
            into.sentinel_login = std::move(*login);
            has_login = true;
        } else if (one == in_clear && into.servers.front().via == transport::tls) {
            for (redis_address& sentinel : into.servers)
                sentinel.via = transport::tcp;
        } else {
            return redis_url_refusal(
                "of Sentinels may have nothing but ?sentinel= with their login at its end, and "
                "sentinel-tls=no after rediss+");
        }
    }
    return {};
}

// "/service/database?questions", without the first '/'.
open_result<void> take_service(redis_topology& into, std::string_view rest)
{
    std::string_view path = take_until(rest, '?');
    const std::string_view service = take_until(path, '/');
    if (!is_service(service))
        return redis_url_refusal("of Sentinels needs the name of the service behind the hosts: .../NAME");
    into.service = service;
    if (!path.empty()) {
        const auto database = redis_database_in(path);
        if (!database)
            return redis_url_refusal("may have nothing but the number of a database behind the service");
        into.login.database = *database;
    }
    return take_sentinel_questions(into, rest);
}

open_result<redis_topology> parse_many(std::string_view rest, const scheme& known)
{
    redis_topology topology{.what = known.what, .via = known.via};
    std::string_view hosts = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(hosts.size());
    if (rest.substr(0, rest.find('?')).find('@') != rest.npos)
        return redis_url_refusal("has a '@' behind a '/': percent-encode '/' (%2F) in user and password");
    const std::size_t at = hosts.rfind('@');
    if (at != hosts.npos) {
        auto login = parse_redis_login(hosts.substr(0, at));
        if (!login) return login.error();
        topology.login = std::move(*login);
        hosts.remove_prefix(at + 1);
    }
    const bool is_cluster = known.what == kind::cluster;
    auto parsed = parse_hosts(hosts, known.via, is_cluster ? redis_port : sentinel_port);
    if (!parsed) return parsed.error();
    topology.servers = std::move(*parsed);
    if (is_cluster) {
        if (!rest.empty()) return redis_url_refusal("of a Cluster may have nothing behind its hosts");
        return topology;
    }
    if (rest.starts_with('/')) rest.remove_prefix(1);
    if (auto taken = take_service(topology, rest); !taken) return taken.error();
    return topology;
}

std::string_view scheme_of(const redis_topology& topology) noexcept
{
    for (const scheme& known : schemes) {
        if (known.what == topology.what && known.via == topology.via) return known.text;
    }
    return {};
}

} // namespace

std::string to_string(const redis_topology& topology)
{
    if (topology.what == kind::standalone) return to_string(topology.servers.front());
    std::string text{scheme_of(topology)};
    for (const redis_address& each : topology.servers) {
        const std::string address = to_string(each);
        if (&each != &topology.servers.front()) text += ',';
        text += address.substr(address.find("//") + 2);
    }
    if (!topology.service.empty()) text += '/' + topology.service;
    return text;
}

bool is_redis_url(std::string_view text) noexcept
{
    constexpr std::array<std::string_view, 4> single = {"redis://", "rediss://", "redis+unix:", "unix:"};
    const auto begins = [&](std::string_view scheme) { return text.starts_with(scheme); };
    return std::ranges::any_of(single, begins) || std::ranges::any_of(schemes, begins, &scheme::text);
}

open_result<redis_topology> parse_redis_topology(std::string_view url)
{
    for (const scheme& known : schemes) {
        if (url.starts_with(known.text)) return parse_many(url.substr(known.text.size()), known);
    }
    auto endpoint = parse_redis_endpoint(url);
    if (!endpoint) return endpoint.error();
    redis_topology topology{.login = std::move(endpoint->login), .via = endpoint->address.via};
    topology.servers.push_back(std::move(endpoint->address));
    return topology;
}

} // namespace latchkey
