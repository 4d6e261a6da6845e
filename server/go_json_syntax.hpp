// The words of Go's JSON scanner for a body that is no JSON (contract 4.3). For messages only: whether a
// body is refused is decided by the parser in go_json_decode.cpp. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace latchkey {

// Why the first value of `body` cannot be read: `EOF`, `unexpected EOF`, `invalid character 'x' looking
// for beginning of value`, ... Empty when Go's scanner finds no fault in it. Repeats at most one character.
[[nodiscard]] std::string go_syntax_fault(std::string_view body);

} // namespace latchkey
