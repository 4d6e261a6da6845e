// The one table of everything that can be configured. Parsing, --help, --print-config and the table in the
// README are all made from it. Constant data, any thread.
#pragma once

#include "server/config.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace latchkey {

enum class option_kind {
    value,
    list,         // may be given more than once, or with commas
    on_off,       // --name, --name=true, --name=false
    secret,       // never shown; not a flag, because `ps` shows those
    off_the_line, // no secret, but goes with one: environment and file only
};

struct config_option {
    std::string_view section;
    std::string_view name;
    std::string_view placeholder;  // what stands for the value in the help
    std::string_view default_text; // empty: unset
    std::string_view help;
    option_kind kind = option_kind::value;

    // Takes one value into the configuration. Nothing when it was taken; else what was expected.
    std::optional<std::string> (*take)(config& settings, std::string_view text) = nullptr;

    bool is_flag() const noexcept { return kind != option_kind::secret && kind != option_kind::off_the_line; }
    std::string variable() const; // LATCHKEY_MAX_CONNECTIONS
};

std::span<const config_option> config_options() noexcept;

// Nothing when there is no such option.
const config_option* find_option(std::string_view name) noexcept;

} // namespace latchkey
