// UTF-8, checked on everything of a request head that is kept, and by all who write JSON. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey {

// Bytes of the well-formed sequence at the front of `text` (Unicode, table 3-7); 0 if there is none.
std::size_t utf8_sequence_length(std::string_view text) noexcept;

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Plain ASCII is the fast case.
bool is_utf8(std::string_view text) noexcept;

} // namespace latchkey
