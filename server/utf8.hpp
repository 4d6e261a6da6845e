// Whether bytes are UTF-8. Used on everything of a request head that is kept.
#pragma once

#include <string_view>

namespace latchkey {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Plain ASCII is the fast case.
bool is_utf8(std::string_view text) noexcept;

} // namespace latchkey
