#include "server/config_help.hpp"

#include "server/config_options.hpp"

#include <algorithm>
#include <string_view>

namespace latchkey {

namespace {

constexpr std::size_t name_width = 38;
constexpr std::size_t line_width = 110;

void pad_to(std::string& out, std::size_t line_start, std::size_t width)
{
    const std::size_t length = out.size() - line_start;
    out.append(length < width ? width - length : 1, ' ');
}

// Breaks `text` at spaces; further lines begin below the first one's text.
void append_wrapped(std::string& out, std::size_t line_start, std::string_view text)
{
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (out.size() - line_start + end > line_width) {
            out.back() = '\n'; // the space behind the word before
            line_start = out.size();
            out.append(name_width, ' ');
        }
        out += text.substr(0, end);
        out += ' ';
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    out.back() = '\n';
}

std::string shown_name(const config_option& option)
{
    if (!option.is_flag()) return option.variable();
    std::string name = "--" + std::string{option.name};
    if (!option.placeholder.empty()) name += " " + std::string{option.placeholder};
    return name;
}

std::string help_with_default(const config_option& option)
{
    std::string help{option.help};
    if (option.kind == option_kind::list) help += "; repeatable";
    if (option.kind != option_kind::on_off && !option.default_text.empty()) {
        help += " [" + std::string{option.default_text} + "]";
    }
    return help;
}

// Calls `begin(section)` before the first option of each section.
template <class Begin, class Each>
void for_each_option(Begin begin, Each each)
{
    std::string_view section;
    for (const config_option& option : config_options()) {
        if (option.section != section) begin(section = option.section);
        each(option);
    }
}

bool needs_quotes(std::string_view value)
{
    return value.empty() || value.find('#') != value.npos || value.front() == '"';
}

void append_printed(std::string& out, const chosen_setting& chosen, std::string_view value)
{
    const std::size_t line_start = out.size();
    out += chosen.option->name;
    out += " = ";
    out += needs_quotes(value) ? "\"" + std::string{value} + "\"" : std::string{value};
    pad_to(out, line_start, name_width + 12);
    out += "# " + chosen.origin + "\n";
}

void append_not_printed(std::string& out, const chosen_setting& chosen)
{
    const std::size_t line_start = out.size();
    out += "# ";
    out += chosen.option->name;
    out += chosen.is_set ? " is set and not shown" : " is not set";
    pad_to(out, line_start, name_width + 12);
    out += "# " + chosen.origin + "\n";
}

} // namespace

std::string help_text()
{
    std::string out =
        "Usage: latchkey serve [FLAGS]\n\n"
        "Each flag is also a variable, --log-level as LATCHKEY_LOG_LEVEL, and a line `log-level = info` "
        "in the\nfile of --config. A flag wins over a variable, that over the file. "
        "LATCHKEY_<NAME>_FILE names a file that\nholds the value. "
        "Durations: 90s, 168h, 30d, 1y. Sizes: 64KiB, 256MiB, 1GiB.\n";
    for_each_option([&](std::string_view section) { out += "\n" + std::string{section} + ":\n"; },
                    [&](const config_option& option) {
                        const std::size_t line_start = out.size();
                        out += "  " + shown_name(option);
                        pad_to(out, line_start, name_width);
                        append_wrapped(out, line_start, help_with_default(option));
                    });
    out +=
        "\nInstead of serving:\n"
        "  --print-config                      print what would be served with, and where each value comes "
        "from\n"
        "  --help                              this text\n"
        "  --help-markdown                     the same as a table\n";
    return out;
}

std::string help_markdown()
{
    std::string out = "| Flag | Variable | Default | Meaning |\n|---|---|---|---|\n";
    for_each_option([&](std::string_view section) { out += "| **" + std::string{section} + "** | | | |\n"; },
                    [&](const config_option& option) {
                        out += option.is_flag() ? "| `" + shown_name(option) + "`" : "| not a flag";
                        out += " | `" + option.variable() + "` | ";
                        if (!option.default_text.empty()) out += "`" + std::string{option.default_text} + "`";
                        out += " | " + std::string{option.help};
                        if (option.kind == option_kind::list) out += "; repeatable";
                        out += " |\n";
                    });
    return out;
}

std::string printed_config(const loaded_config& loaded)
{
    std::string out;
    for (const chosen_setting& chosen : loaded.chosen) {
        // A file cannot name a file.
        const bool is_line = chosen.is_set && !chosen.values.empty() && chosen.option->name != "config";
        if (!is_line) append_not_printed(out, chosen);
        if (!is_line) continue;
        for (const std::string& value : chosen.values)
            append_printed(out, chosen, value);
    }
    return out;
}

} // namespace latchkey
