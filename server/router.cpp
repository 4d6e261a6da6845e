#include "server/router.hpp"

#include "server/api_description/operations.hpp"

namespace latchkey {
namespace {

using namespace described;
using enum http::verb;
constexpr auto open = access::open;
constexpr auto proven = access::principal;
constexpr auto unlimited = rate_class::unlimited;
constexpr auto api = rate_class::api;
constexpr auto logins = rate_class::login;

// clang-format off
constexpr route routes[] = {
    {get,     "/",                                             open,   unlimited, show_page},
    {get,     "/assets/{asset}",                               open,   unlimited, show_asset},
    {get,     "/assets/views/{asset}",                         open,   unlimited, show_view},
    {get,     "/api/v2/latchkey/session",                      open,   api,       show_session},
    {get,     "/api/v2/latchkey/activity",                     proven, api,       show_activity},

    {get,     "/healthz",                                      open,   unlimited, health, audience::everybody},
    {get,     "/readyz",                                       open,   unlimited, ready, audience::everybody},
    {get,     "/metrics",                                      open,   unlimited, show_metrics, audience::operators},
    {get,     "/latency-check",                                open,   unlimited, latency_check},
    {get,     "/api/v2",                                       open,   api,       api_root},
    {get,     "/api/v2/openapi.json",                          open,   api,       api_description},
    {get,     "/api/v2/buildinfo",                             open,   api,       build_info, audience::everybody},
    {get,     "/api/v2/entitlements",                          proven, api,       entitlements},
    {get,     "/api/v2/auth/scopes",                           open,   api,       list_scopes},
    {post,    "/api/v2/authcheck",                             proven, api,       check_authorisation},
    {post,    "/api/v2/verify",                                open,   unlimited, verify_batch},
    {post,    "/oauth2/introspect",                            proven, api,       introspect},
    {post,    "/oauth2/revoke",                                open,   api,       revoke},
    {get,     "/api/v2/audit",                                 proven, api,       search_audit},
    {post,    "/api/v2/audit/verify",                          proven, api,       verify_audit_chain},

    {get,     "/api/v2/users/first",                           open,   api,       has_first_user},
    {post,    "/api/v2/users/first",                           open,   logins,    create_first_user},
    {post,    "/api/v2/users/login",                           open,   logins,    login},
    {post,    "/api/v2/users/logout",                          proven, api,       logout},
    {post,    "/api/v2/users/validate-password",               open,   logins,    validate_password},
    {get,     "/api/v2/users/authmethods",                     open,   api,       authentication_methods},

    {get,     "/api/v2/users",                                 proven, api,       list_users},
    {post,    "/api/v2/users",                                 proven, api,       create_user},
    {get,     "/api/v2/users/{user}",                          proven, api,       get_user},
    {delete_, "/api/v2/users/{user}",                          proven, api,       delete_user},
    {put,     "/api/v2/users/{user}/status/suspend",           proven, api,       suspend_user},
    {put,     "/api/v2/users/{user}/status/activate",          proven, api,       activate_user},
    {get,     "/api/v2/users/{user}/roles",                    proven, api,       get_roles},
    {put,     "/api/v2/users/{user}/roles",                    proven, api,       set_roles},
    {put,     "/api/v2/users/{user}/password",                 proven, logins,    set_password},

    {post,    "/api/v2/users/{user}/keys",                     proven, api,       create_session_key},
    {get,     "/api/v2/users/{user}/keys/{keyid}",             proven, api,       get_key},
    {delete_, "/api/v2/users/{user}/keys/{keyid}",             proven, api,       delete_key},
    {put,     "/api/v2/users/{user}/keys/{keyid}/expire",      proven, api,       expire_key},
    {post,    "/api/v2/users/{user}/keys/tokens",              proven, api,       create_token},
    {get,     "/api/v2/users/{user}/keys/tokens",              proven, api,       list_tokens},
    {get,     "/api/v2/users/{user}/keys/tokens/tokenconfig",  proven, api,       token_config},
    {get,     "/api/v2/users/{user}/keys/tokens/{keyname}",    proven, api,       get_token_by_name},
};
// clang-format on

// {user} is looked up with the caller's rights, so there must be a caller.
static_assert(std::all_of(std::begin(routes), std::end(routes), [](const route& row) {
    return row.who == access::principal || row.pattern.find("{user}") == std::string_view::npos;
}));

static_assert(std::all_of(std::begin(routes), std::end(routes), [](const route& row) {
    return row.segments.size() <= path_segments::most;
}));

constexpr bool is_parameter(std::string_view segment) noexcept
{
    return segment.starts_with('{');
}

bool fits(const path_segments& pattern, const path_segments& path) noexcept
{
    if (pattern.size() != path.size()) return false;
    for (std::size_t at = pattern.size(); at-- != 0;) { // they differ at their ends
        if (is_parameter(pattern[at]) ? path[at].empty() : pattern[at] != path[at]) return false;
    }
    return true;
}

// Of two patterns that fit the same path: is `one` static where they first differ?
bool is_more_exact(const path_segments& one, const path_segments& other) noexcept
{
    for (std::size_t at = 0; at < one.size(); ++at) {
        const bool one_is_parameter = is_parameter(one[at]);
        if (one_is_parameter != is_parameter(other[at])) return !one_is_parameter;
    }
    return false;
}

// A slash at the end says nothing: "/api/v2/" is "/api/v2".
std::string_view without_last_slash(std::string_view path) noexcept
{
    return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

// The first row with the pattern that a path belongs to, whatever the method; nothing when there is none
// behind this door.
const route* best_row(const path_segments& path, const entrance& at) noexcept
{
    const route* best = nullptr;
    for (const route& row : routes) {
        if (!fits(row.segments, path) || !row.is_behind(at)) continue;
        if (best == nullptr || is_more_exact(row.segments, best->segments)) best = &row;
    }
    return best;
}

} // namespace

std::span<const route> all_routes() noexcept
{
    return routes;
}

route_match match_route(http::verb method, std::string_view path, const entrance& at) noexcept
{
    const path_segments values{without_last_slash(path)};
    route_match match;
    const route* const best = best_row(values, at);
    if (best == nullptr) return match;

    const http::verb wanted = method == head ? get : method;
    const auto row = std::find_if(best, std::end(routes), [&](const route& each) {
        return each.method == wanted && each.pattern == best->pattern;
    });
    if (row == std::end(routes)) {
        match.what = route_match::outcome::wrong_method;
        return match;
    }

    match.what = route_match::outcome::found;
    match.row = row;
    for (std::size_t part = 0; part < values.size(); ++part) {
        const std::string_view name = row->segments[part];
        if (name == "{user}") {
            match.user = values[part];
        } else if (is_parameter(name)) {
            match.key = values[part];
        }
    }
    return match;
}

std::string allowed_methods(std::string_view path)
{
    const route* const best = best_row(path_segments{without_last_slash(path)}, {});
    std::string names;
    for (const route& row : routes) {
        if (best == nullptr || row.pattern != best->pattern) continue;
        if (!names.empty()) names += ", ";
        const auto name = http::to_string(row.method);
        names.append(name.data(), name.size());
        if (row.method == get) names += ", HEAD";
    }
    return names;
}

} // namespace latchkey
