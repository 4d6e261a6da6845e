// Counts how often this executable sends on sockets: send(2) and sendmsg(2) are its own here.
#pragma once

#include <cstddef>

namespace latchkey::test {

// Calls of either since the program began, by any thread.
std::size_t sent_calls() noexcept;

} // namespace latchkey::test
