// What `latchkey serve` says about its configuration, made from the table of options. Pure functions.
#pragma once

#include "server/config.hpp"

#include <string>

namespace latchkey {

// For --help.
std::string help_text();

// The rows of the README's table, for --help-markdown.
std::string help_markdown();

// For --print-config: a configuration file that says the same, each line with where its value comes from.
// Secrets are commented out and not shown.
std::string printed_config(const loaded_config& loaded);

} // namespace latchkey
