#include "server/cli/command_line.hpp"
#include "server/cli/guides.hpp"

#include <algorithm>

namespace latchkey::cli {
namespace {

constexpr std::size_t line_width = 79;

// `left`, then `right` from a column on, broken at spaces.
void append_row(std::string& out, const std::string& left, std::string_view right, std::size_t column)
{
    std::string line = left.empty() ? "" : "  " + left;
    if (line.size() + 1 >= column && !right.empty()) {
        out += line + "\n";
        line.clear();
    }
    while (!right.empty()) {
        line.append(line.size() < column ? column - line.size() : 0, ' ');
        std::size_t end = std::min(right.size(), line_width - column);
        if (end < right.size() && right[end] != ' ') {
            const auto space = right.substr(0, end).rfind(' ');
            if (space != right.npos) end = space;
        }
        out += line;
        out += right.substr(0, end);
        out += '\n';
        line.clear();
        right.remove_prefix(std::min(end + 1, right.size()));
    }
    if (!line.empty()) out += line + "\n";
}

std::string with_operands(const command_row& row)
{
    std::string text = full_name(row);
    if (!row.operands.empty()) text.append(" ").append(row.operands);
    return text;
}

std::string commands_of(std::string_view group)
{
    std::string names;
    for (const command_row& row : command_table()) {
        if (row.group != group) continue;
        if (!names.empty()) names += '|';
        names += row.name;
    }
    return names;
}

void append_options(std::string& out, std::span<const option_row> options)
{
    for (const option_row& option : options) {
        std::string left = "--" + std::string{option.name};
        if (!option.placeholder.empty()) left.append(" ").append(option.placeholder);
        std::string help{option.help};
        if (option.is_repeatable) help += "; repeatable";
        append_row(out, left, help, 28);
    }
}

std::string topics()
{
    std::string names;
    for (const guide& one : guides()) {
        if (!names.empty()) names += '|';
        names += one.topic;
    }
    return names;
}

constexpr std::string_view endings =
    "Exit status: 0 done; 1 failed or refused (verify: the token is not valid;\n"
    "health: not ready); 2 wrong usage; 3 not signed in; 4 server unreachable.\n";

} // namespace

std::string overview_text()
{
    std::string out = "Latchkey issues, lists, expires, revokes and verifies API tokens.\n\n";
    constexpr std::size_t column = 34;
    for (const command_row& row : command_table())
        if (row.group.empty()) append_row(out, with_operands(row), row.help, column);
    for (const group_row& group : command_groups())
        append_row(out, std::string{group.name} + " " + commands_of(group.name), group.help, column);
    append_row(out, "help [COMMAND]", "this, or what COMMAND takes; also COMMAND --help", column);
    append_row(out, "help " + topics(), "a page about it", column);
    append_row(out, "version", "print the version", column);
    out += "\nA server is found by --url, LATCHKEY_URL, the last login, or\n"
           "http://127.0.0.1:7080; the token by --token-file, LATCHKEY_TOKEN,\n"
           "LATCHKEY_TOKEN_FILE or the last login. --output json is for scripts.\n\n";
    return out.append(endings);
}

std::string group_help(std::string_view group)
{
    std::string out;
    for (const command_row& row : command_table())
        if (row.group == group) append_row(out, with_operands(row), row.help, 36);
    return out.append("\n`latchkey ").append(group).append(" COMMAND --help` lists a command's options.\n");
}

std::string command_help(const command_row& command)
{
    std::string out = "latchkey " + with_operands(command);
    if (!command.options.empty() || command.speaks_to_server) out += " [OPTIONS]";
    out += "\n\n";
    append_row(out, "", command.help, 2);
    if (!command.options.empty()) out += '\n';
    append_options(out, command.options);
    if (command.speaks_to_server) {
        out += "\nFor every command that speaks to a server:\n";
        append_options(out, server_options());
    }
    return out.append("\n").append(endings);
}

} // namespace latchkey::cli
