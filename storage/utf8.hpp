// UTF-8 as RFC 3629 has it: of request heads, of JSON in both directions, of audit lines. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey {

// Bytes of the well-formed sequence at the front of `text` (Unicode, table 3-7); 0 if there is
// none.
std::size_t utf8_sequence_length(std::string_view text) noexcept;

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Plain ASCII is the fast case.
bool is_utf8(std::string_view text) noexcept;

} // namespace latchkey
