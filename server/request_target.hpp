// The forms a request target may have (RFC 9112 3.2), and what may stand in Host.
#pragma once

#include <string_view>

namespace latchkey {

struct request_target {
    bool valid = false;
    std::string_view authority; // of the absolute form; it then replaces Host (RFC 9112 3.2.2)
    std::string_view path;      // up to '?', never empty
    std::string_view query;     // behind '?'
};

// Accepts origin-form and, for http and https, absolute-form. Refuses asterisk-form and authority-form,
// which no route here has a use for, fragments, userinfo (RFC 9110 4.2.4), and what is not UTF-8.
request_target split_target(std::string_view text) noexcept;

// uri-host [":" port] as far as its alphabet goes (RFC 9110 7.2); empty is allowed.
bool is_host(std::string_view text) noexcept;

} // namespace latchkey
