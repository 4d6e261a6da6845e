// The files of the web page (server/web), as the build put them into the program. Constant data, any thread.
#pragma once

#include <span>
#include <string_view>

namespace latchkey {

struct web_asset {
    std::string_view name; // below server/web: "index.html", "views/tokens.js"
    std::string_view content_type;
    std::string_view etag; // strong, with its quotes
    std::string_view body;
};

// Written by server/web/embed.cmake.
std::span<const web_asset> all_web_assets() noexcept;

// Null when there is none of that name.
const web_asset* find_web_asset(std::string_view name) noexcept;

// Does If-None-Match name this tag, or any? Weak tags count too (RFC 9110 13.1.2).
[[nodiscard]] bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept;

} // namespace latchkey
