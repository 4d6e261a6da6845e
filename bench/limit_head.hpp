// Reads the head of a request for the limit (bench/epoll_limit.cpp) as an HTTP server must: the request line,
// the fields that decide, in whatever case they are written, and where the head ends. Pure functions over
// views.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace latchkey::bench {

struct head {
    enum class kind : std::uint8_t { whole, partial, malformed };

    kind what = kind::whole;
    std::size_t size = 0;
    std::string_view token{}; // of the cookie, or else a bearer's
    std::string_view authorization{};
    std::string_view cookie{};
    bool is_last = false; // nothing on this connection is read behind it
};

inline bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept
{
    if (text.size() != lower.size()) return false;
    for (std::size_t at = 0; at < lower.size(); ++at) {
        const char c = text[at];
        if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != lower[at]) return false;
    }
    return true;
}

inline std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// False: no header field, or one that repeats what may come once.
inline bool take_field(head& seen, std::string_view line) noexcept
{
    const std::size_t colon = line.find(':');
    if (colon == 0 || colon == std::string_view::npos || line[colon - 1] == ' ') return false;
    const std::string_view name = line.substr(0, colon);
    const auto value = [&] { return trimmed(line.substr(colon + 1)); };
    switch (name.front() | 0x20) {
    case 'a':
        if (!equal_ignoring_case(name, "authorization")) break;
        if (!seen.authorization.empty()) return false;
        seen.authorization = value();
        break;
    case 'c':
        if (equal_ignoring_case(name, "cookie")) seen.cookie = value();
        if (equal_ignoring_case(name, "connection") && equal_ignoring_case(value(), "close"))
            seen.is_last = true;
        if (equal_ignoring_case(name, "content-length") && value() != "0") seen.is_last = true;
        break;
    case 't':
        if (equal_ignoring_case(name, "transfer-encoding")) seen.is_last = true;
        break;
    default: break;
    }
    return true;
}

inline bool take_request_line(head& seen, std::string_view line) noexcept
{
    const std::size_t method = line.find(' ');
    if (method == 0 || method == std::string_view::npos) return false;
    const std::size_t target = line.find(' ', method + 1);
    if (target == std::string_view::npos) return false;
    const std::string_view version = line.substr(target + 1);
    if (version == "HTTP/1.0") seen.is_last = true;
    return line.substr(method + 1).starts_with("/verify") && (version == "HTTP/1.1" || seen.is_last);
}

inline std::string_view token_in(const head& asked) noexcept
{
    constexpr std::string_view name = "coder_session_token=";
    for (std::string_view rest = asked.cookie; !rest.empty();) {
        const std::string_view pair = trimmed(rest.substr(0, rest.find(';')));
        if (pair.starts_with(name)) return pair.substr(name.size());
        const std::size_t end = rest.find(';');
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    const std::string_view scheme = asked.authorization.substr(0, 7);
    return equal_ignoring_case(scheme, "bearer ") ? trimmed(asked.authorization.substr(7))
                                                  : std::string_view{};
}

inline head read_head(std::string_view bytes) noexcept
{
    head seen;
    for (std::size_t at = 0;;) {
        const void* const found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
        if (found == nullptr) return {.what = head::kind::partial};
        const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        if (end == at || bytes[end - 1] != '\r') return {.what = head::kind::malformed};
        const std::string_view line = bytes.substr(at, end - 1 - at);
        const bool is_first = at == 0;
        at = end + 1;
        if (line.empty()) {
            seen.size = at;
            seen.token = token_in(seen);
            return seen;
        }
        if (!(is_first ? take_request_line(seen, line) : take_field(seen, line)))
            return {.what = head::kind::malformed};
    }
}

} // namespace latchkey::bench
