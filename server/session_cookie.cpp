#include "server/session_cookie.hpp"

#include <string>

namespace latchkey {
namespace {

std::string cookie_line(std::string_view token, std::string_view age, const cookie_settings& settings)
{
    std::string text{settings.host_prefix ? "__Host-coder_session_token" : "coder_session_token"};
    text.append("=").append(token).append("; Path=/").append(age).append("; HttpOnly");
    // Browsers drop a __Host- cookie that is not Secure (RFC 6265bis 4.1.3.2).
    if (settings.secure || settings.host_prefix) text.append("; Secure");
    return text.append(settings.same_site_none ? "; SameSite=None" : "; SameSite=Lax");
}

} // namespace

void add_session_cookie(response& answer, std::string_view token, const cookie_settings& settings)
{
    answer.add_header("Set-Cookie", cookie_line(token, "; Max-Age=31536000", settings));
}

void clear_session_cookie(response& answer, const cookie_settings& settings)
{
    constexpr std::string_view past = "; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0";
    answer.add_header("Set-Cookie", cookie_line("", past, settings));
}

} // namespace latchkey
