#include "server/request_target.hpp"

#include "storage/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace latchkey {
namespace {

// Unreserved, sub-delims, and what ports, percent-encoding and IPv6 literals need (RFC 3986 3.2.2); no
// comma, which would let a proxy see two hosts. A table, because every request passes here.
constexpr auto host_characters = [] {
    std::array<bool, 256> allowed{};
    for (char character = '0'; character <= '9'; ++character)
        allowed[static_cast<unsigned char>(character)] = true;
    for (char character = 'a'; character <= 'z'; ++character) {
        allowed[static_cast<unsigned char>(character)] = true;
        allowed[static_cast<unsigned char>(character - 'a' + 'A')] = true;
    }
    for (const char character : std::string_view{"-._~%!$&'()*+;=:[]"})
        allowed[static_cast<unsigned char>(character)] = true;
    return allowed;
}();

// The rest of `text` behind "http://" or "https://", or nothing.
std::string_view behind_scheme(std::string_view text) noexcept
{
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.size() <= scheme.size()) continue;
        const auto same = [](char one, char other) { return (one | 0x20) == (other | 0x20); };
        if (std::equal(scheme.begin(), scheme.end(), text.begin(), same)) return text.substr(scheme.size());
    }
    return {};
}

} // namespace

bool is_host(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), [](char character) {
        return host_characters[static_cast<unsigned char>(character)];
    });
}

request_target split_target(std::string_view text) noexcept
{
    request_target target;
    std::string_view rest = text;
    if (!rest.starts_with('/')) {
        rest = behind_scheme(rest);
        const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
        target.authority = rest.substr(0, end);
        rest.remove_prefix(end);
        if (target.authority.empty() || !is_host(target.authority)) return target;
    }
    const std::size_t mark = rest.find('?');
    target.path = rest.substr(0, mark);
    if (target.path.empty()) target.path = "/";
    if (mark != std::string_view::npos) target.query = rest.substr(mark + 1);
    target.valid = rest.find('#') == std::string_view::npos && is_utf8(rest);
    return target;
}

} // namespace latchkey
