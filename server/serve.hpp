// `latchkey serve`: from the command line to a running server and its end.
#pragma once

#include <string>
#include <vector>

namespace latchkey {

// Blocks until the server has been told to stop by SIGTERM or SIGINT (a second one stops at once).
// Returns the exit status of contract main.cpp: 0, 1 or 2.
int serve(std::vector<std::string> flags);

} // namespace latchkey
