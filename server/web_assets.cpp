#include "server/web_assets.hpp"

#include "server/trim.hpp"

#include <algorithm>
#include <cstddef>

namespace latchkey {

const web_asset* find_web_asset(std::string_view name) noexcept
{
    for (const web_asset& one : all_web_assets()) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

bool names_etag(std::string_view if_none_match, std::string_view etag) noexcept
{
    std::string_view rest = if_none_match;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(','), rest.size());
        std::string_view tag = trim(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == etag || tag == "*") return true;
    }
    return false;
}

} // namespace latchkey
