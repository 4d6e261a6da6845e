// The three places where settings are given, each read into the same form. Nothing is interpreted here but
// names. Pure functions, any thread.
#pragma once

#include "server/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct given_setting {
    const config_option* option = nullptr;
    std::string value;
    std::string origin; // `--threads`, `LATCHKEY_THREADS`, `latchkey.conf:3`
};

// What one place says. A list option appears once for each of its values.
struct given_settings {
    std::vector<given_setting> settings;
    std::vector<std::string> errors;
    config_action action = config_action::serve; // only the command line asks for another
};

given_settings read_arguments(const std::vector<std::string>& arguments);

given_settings read_environment(const config_sources& sources);

// `name = value` lines; a line's end behind ` #` is a comment; a value in double quotes is taken as it is.
// `path` is what errors call the file.
given_settings read_config_text(std::string_view text, const std::string& path);

} // namespace latchkey
