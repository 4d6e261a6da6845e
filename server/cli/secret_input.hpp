// How secrets come in: from a file, standard input, or a person at a terminal; never from the command line,
// which everybody on the machine can read. Functions of the process's only thread.
#pragma once

#include "auth/secret.hpp"

#include <string>
#include <string_view>

namespace latchkey::cli {

// First line of the file, or of standard input for `-`. `what` names it in errors ("the password").
secret_text read_secret(const std::string& file_or_dash, std::string_view what);

// All of a file, at most 64 KiB.
secret_text read_secret_file(const std::string& path, std::string_view what);

bool is_terminal_in(); // somebody can be asked

// Asks on standard error. Throws command_failure (usage) where nobody can be asked; `option` is what to use.
std::string ask_for(std::string_view question, std::string_view option);
secret_text ask_for_secret(std::string_view question, std::string_view option); // without echo

} // namespace latchkey::cli
