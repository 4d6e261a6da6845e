#include "server/credential.hpp"

#include "server/path.hpp"
#include "server/trim.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace latchkey {
namespace {

// `source` from the query parameter `name`, none where that is absent, empty, or badly encoded.
credential from_query(std::string_view query, std::string_view name, credential_source source)
{
    query_reader pairs{query};
    if (!pairs.next(name) || pairs.raw_value().empty()) return {};

    const bool trims = source == credential_source::access_token_query;
    const std::string_view raw = pairs.raw_value();
    if (raw.find_first_of("%+") == std::string_view::npos) return {source, raw};

    secret_text decoded{percent_decode(raw, plus_sign::space).value_or(std::string{})};
    const std::string_view token = trims ? trim(decoded.expose()) : decoded.expose();
    if (token.empty()) return {};
    if (token.size() == decoded.size()) return {source, std::move(decoded)};
    return {source, secret_text{std::string{token}}};
}

} // namespace

std::string_view cookie_value(std::string_view cookie_header, std::string_view name) noexcept
{
    std::string_view rest = cookie_header;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view pair = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));

        if (pair.size() <= name.size() || pair[name.size()] != '=' || !pair.starts_with(name)) continue;
        std::string_view value = pair.substr(name.size() + 1);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        return value;
    }
    return {};
}

std::string_view session_cookie(const request& asked, const cookie_settings& cookies) noexcept
{
    if (asked.cookie.empty()) return {};
    return cookie_value(asked.cookie,
                        cookies.host_prefix ? "__Host-coder_session_token" : "coder_session_token");
}

std::string_view bearer_token(std::string_view authorization) noexcept
{
    constexpr std::string_view scheme = "bearer";
    if (authorization.size() <= scheme.size() || authorization[scheme.size()] != ' ') return {};
    const auto same = [](char want, char have) { return want == (have | 0x20); };
    if (!std::equal(scheme.begin(), scheme.end(), authorization.begin(), same)) return {};
    return trim(authorization.substr(scheme.size()));
}

credential find_credential(const request& asked, const cookie_settings& cookies)
{
    if (const auto token = session_cookie(asked, cookies); !token.empty()) {
        return {credential_source::cookie, token};
    }
    if (credential found = from_query(asked.query, "coder_session_token", credential_source::session_query)) {
        return found;
    }
    if (!asked.session_token.empty()) return {credential_source::session_header, asked.session_token};
    if (const auto token = bearer_token(asked.authorization); !token.empty()) {
        return {credential_source::bearer, token};
    }
    return from_query(asked.query, "access_token", credential_source::access_token_query);
}

} // namespace latchkey
