// The texts of `latchkey help TOPIC`: server/guides, as the build put them into the program. Constant, any
// thread.
#pragma once

#include <span>
#include <string_view>

namespace latchkey::cli {

struct guide {
    std::string_view topic;
    std::string_view text; // 80 columns; its first line is the title
};

// Written by server/guides/embed.cmake.
std::span<const guide> guides() noexcept;

} // namespace latchkey::cli
