#include "storage/redis_endpoint.hpp"

#include "storage/hex_text.hpp"
#include "storage/redis_url.hpp"

#include <optional>
#include <sys/un.h>

namespace latchkey {
namespace {

using transport = redis_address::transport;

// Nothing: a '%' without two hex digits, or an encoded NUL, which neither a path nor AUTH can do with.
std::optional<std::string> percent_decoded(std::string_view text)
{
    std::string decoded;
    for (std::size_t index = 0; index < text.size(); ++index) {
        char character = text[index];
        if (character == '%') {
            if (index + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[index + 1]);
            const int low = hex_value(text[index + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            character = static_cast<char>(high << 4 | low);
            index += 2;
        }
        if (character == '\0') return std::nullopt;
        decoded.push_back(character);
    }
    return decoded;
}

bool may_stand_in_host(char character)
{
    return character > ' ' && character < '\x7f' &&
           std::string_view{"/?#@%,\\\"<>^`{|}"}.find(character) == std::string_view::npos;
}

// Takes "user:password@" away, if there is one.
open_result<redis_login> take_login(std::string_view& authority)
{
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) return redis_login{};
    const std::string_view text = authority.substr(0, at);
    authority.remove_prefix(at + 1);
    return parse_redis_login(text);
}

open_result<redis_endpoint> parse_network(std::string_view rest, transport via)
{
    std::string_view authority = take_until(rest, '/');
    if (rest.find('@') != std::string_view::npos)
        return redis_url_refusal("has a '@' behind a '/': percent-encode '/' (%2F) in user and password");
    auto login = take_login(authority);
    if (!login) return login.error();
    auto address = parse_redis_host(authority, via);
    if (!address) return address.error();
    if (!rest.empty()) {
        const auto database = redis_database_in(rest);
        if (!database)
            return redis_url_refusal("may have nothing but the number of a database behind its host");
        login->database = *database;
    }
    return redis_endpoint{.address = std::move(*address), .login = std::move(*login)};
}

open_result<redis_endpoint> parse_local(std::string_view rest)
{
    redis_endpoint endpoint;
    endpoint.address = {.via = transport::local, .host = {}, .port = 0, .path = {}};
    if (rest.starts_with("//")) {
        std::string_view authority = rest.substr(2);
        authority = authority.substr(0, authority.find('/'));
        rest.remove_prefix(2 + authority.size());
        auto login = take_login(authority);
        if (!login) return login.error();
        if (!authority.empty())
            return redis_url_refusal(
                "of a socket file has no host: unix:/path, redis+unix://user:password@/path");
        endpoint.login = std::move(*login);
    }
    const auto path = percent_decoded(take_until(rest, '?'));
    if (!path) return redis_url_refusal("has a '%' in its path without two hex digits behind it");
    if (!path->starts_with('/')) return redis_url_refusal("of a socket file needs an absolute path");
    if (path->size() >= sizeof(sockaddr_un::sun_path))
        return redis_url_refusal("has a path too long for a socket file");
    endpoint.address.path = *path;
    if (!rest.empty()) {
        const auto database = rest.starts_with("db=") ? redis_database_in(rest.substr(3)) : std::nullopt;
        if (!database)
            return redis_url_refusal("of a socket file may have nothing but ?db= and a number at its end");
        endpoint.login.database = *database;
    }
    return endpoint;
}

} // namespace

std::string to_string(const redis_address& address)
{
    if (address.via == transport::local) return "unix:" + address.path;
    std::string text = address.via == transport::tls ? "rediss://" : "redis://";
    const bool is_bracketed = address.host.find(':') != std::string::npos;
    if (is_bracketed) text += '[';
    text += address.host;
    if (is_bracketed) text += ']';
    return text + ':' + std::to_string(address.port);
}

open_result<redis_login> parse_redis_login(std::string_view text)
{
    if (text.find(':') == std::string_view::npos)
        return redis_url_refusal(
            "has a user without a password: write user:password@, or :password@ for the default user");
    const auto user = percent_decoded(take_until(text, ':'));
    const auto password = percent_decoded(text);
    if (!user || !password)
        return redis_url_refusal("has a '%' in its user or password that encodes nothing");
    if (password->empty()) return redis_url_refusal("has an empty password: leave user and password out");
    return redis_login{.user = *user, .password = *password, .database = 0};
}

open_result<redis_address> parse_redis_host(std::string_view text, transport via)
{
    redis_address address{.via = via, .host = {}, .port = 6379, .path = {}};
    std::string_view host = text;
    if (text.starts_with('[')) {
        host = text.substr(1, text.find(']') == std::string_view::npos ? 0 : text.find(']') - 1);
        text.remove_prefix(host.empty() ? text.size() : host.size() + 2);
        if (!text.empty() && !text.starts_with(':'))
            return redis_url_refusal("has something other than a port behind ']'");
    } else {
        host = text.substr(0, text.find(':'));
        text.remove_prefix(host.size());
    }
    if (host.empty()) return redis_url_refusal("has no host");
    for (const char character : host) {
        if (!may_stand_in_host(character))
            return redis_url_refusal("has a character in its host that no host has");
    }
    if (!text.empty()) {
        const auto port = number_up_to(65'535, text.substr(1));
        if (!port || *port == 0) return redis_url_refusal("has a port that is not a number from 1 to 65535");
        address.port = static_cast<std::uint16_t>(*port);
    }
    address.host = host;
    return address;
}

open_result<redis_endpoint> parse_redis_endpoint(std::string_view url)
{
    if (url.starts_with("redis://")) return parse_network(url.substr(8), transport::tcp);
    if (url.starts_with("rediss://")) return parse_network(url.substr(9), transport::tls);
    if (url.starts_with("redis+unix:")) return parse_local(url.substr(11));
    if (url.starts_with("unix:")) return parse_local(url.substr(5));
    return redis_url_refusal("must begin with redis://, rediss://, redis+unix:// or unix:");
}

} // namespace latchkey
