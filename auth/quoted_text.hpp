// Outside text inside our own sentences. Pure functions, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace latchkey {

// In double quotes as Go's %q prints it: quotes, backslashes, control characters and bytes that are not
// UTF-8 are escaped, so that a name can neither break a header nor a line of a log (contract 1.2, 5.5).
// Other characters, also beyond ASCII, stay as they are.
void append_quoted(std::string& out, std::string_view text);
std::string in_quotes(std::string_view text);

// As Go's %v prints a list of text: `[a b]`.
void append_bracketed(std::string& out, std::span<const std::string> texts);

} // namespace latchkey
