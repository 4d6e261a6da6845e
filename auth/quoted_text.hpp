// Outside text inside our own sentences. Pure functions, any thread.
#pragma once

#include <string>
#include <string_view>

namespace latchkey {

// In double quotes as Go's %q prints it: quotes, backslashes, control characters and bytes that are not
// UTF-8 are escaped, so that a name can neither break a header nor a line of a log (contract 1.2, 5.5).
// Other characters, also beyond ASCII, stay as they are.
void append_quoted(std::string& out, std::string_view text);
std::string quoted(std::string_view text);

} // namespace latchkey
