#include "server/csrf.hpp"

#include "auth/crypto.hpp"
#include "server/credential.hpp"
#include "server/path.hpp"
#include "storage/hex_text.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::string_view wrong_token =
    "Something is wrong with your CSRF token. Please refresh the page. If this error persists, try clearing "
    "your cookies.\n";

constexpr std::string_view two_sessions =
    "CSRF error encountered. Authentication via \"coder_session_token\" cookie and \"Coder-Session-Token\" "
    "header detected, but the values do not match. To resolve this issue ensure the values used in both "
    "match, or only use one of the authentication methods. You can also try clearing your cookies if this "
    "error persists.\n";

constexpr std::string_view exempt_paths[] = {"/api/v2/users/first", "/api/v2/csp/reports"};

bool is_safe(http::verb method) noexcept
{
    return method == http::verb::get || method == http::verb::head || method == http::verb::options ||
           method == http::verb::trace;
}

bool is_guarded(std::string_view path) noexcept
{
    const bool under_api = path == "/api" || path.starts_with("/api/");
    return under_api &&
           std::find(std::begin(exempt_paths), std::end(exempt_paths), path) == std::end(exempt_paths);
}

} // namespace

std::optional<std::string_view>
csrf_fault(const request& asked, std::string_view path, const cookie_settings& cookies)
{
    if (is_safe(asked.method) || !is_guarded(path)) return std::nullopt;
    const std::string_view session = session_cookie(asked, cookies);
    if (session.empty()) return std::nullopt;

    // A page of another site can set neither of these, only cookies travel without its doing.
    if (equal_in_constant_time(asked.session_token, session)) return std::nullopt;
    const auto in_query = query_value(asked.query, "coder_session_token");
    if (in_query && equal_in_constant_time(*in_query, session)) return std::nullopt;
    if (!bearer_token(asked.authorization).empty()) return std::nullopt;
    if (!asked.csrf_token.empty() && equal_in_constant_time(asked.csrf_token, csrf_token(session))) {
        return std::nullopt;
    }
    return asked.session_token.empty() ? wrong_token : two_sessions;
}

std::string csrf_token(std::string_view session_token)
{
    return to_hex(hmac_sha256(session_token, "csrf_token"));
}

void add_csrf_cookie(response& answer, std::string_view session_token, const cookie_settings& cookies)
{
    std::string line = "csrf_token=" + csrf_token(session_token) + "; Path=/; HttpOnly; SameSite=Lax";
    if (cookies.secure) line += "; Secure";
    answer.add_header("Set-Cookie", line);
}

} // namespace latchkey
