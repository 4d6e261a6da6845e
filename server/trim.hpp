// Optional white space around what a header field holds (RFC 9110 5.6.3). Any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey {

constexpr std::string_view trim(std::string_view text) noexcept
{
    constexpr std::string_view blank = " \t";
    const std::size_t begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

} // namespace latchkey
