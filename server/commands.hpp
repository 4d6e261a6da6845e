// The commands of the program, as typed in a terminal.
#pragma once

#include <string>
#include <vector>

namespace latchkey {

enum class exit_status : int { success = 0, failure = 1, usage = 2, unreadable = 2 };

// `words`: the command line behind the program's name. Returns what the process should exit with.
int run_command(const std::vector<std::string>& words);

} // namespace latchkey
