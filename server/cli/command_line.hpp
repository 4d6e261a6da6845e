// What may be typed behind `latchkey`, as data: the one table that parsing, help and shell completion are
// made from, so that none of them can drift. Constant; used by the process's only thread.
#pragma once

#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::cli {

// What the process ends with; `latchkey help` says the same.
enum class ending : int { done = 0, failed = 1, usage = 2, signed_out = 3, unreachable = 4 };

// Ends a command. `what()` is one line for standard error, without any secret.
class command_failure : public std::runtime_error {
public:
    command_failure(ending how, const std::string& why) : std::runtime_error{why}, how_{how} {}

    ending how() const noexcept { return how_; }

private:
    ending how_;
};

struct option_row {
    std::string_view name;        // without its dashes
    std::string_view placeholder; // empty: a switch; FILE completes files, one|two those words
    std::string_view help;
    bool is_repeatable = false;
};

struct invocation;
using command_function = ending (*)(const invocation& given);

struct command_row {
    std::string_view group; // empty: the command stands alone
    std::string_view name;
    std::string_view operands; // as help shows them: "USER...", "[NAME]"; FILE and a|b complete
    std::size_t least_operands;
    std::size_t most_operands;
    std::string_view help;
    std::span<const option_row> options;
    bool speaks_to_server; // takes --url, --token-file, --ca-file and --output as well
    command_function run;  // null: run by server/commands.cpp, here for help and completion only
};

struct group_row {
    std::string_view name;
    std::string_view help;
};

std::span<const command_row> command_table();
std::span<const group_row> command_groups();
std::span<const option_row> server_options(); // of every command that speaks to a server

// One command with what was given to it. Values are text; whoever uses one checks it.
struct invocation {
    const command_row* row = nullptr;
    std::vector<std::string> operands;
    std::multimap<std::string, std::string, std::less<>> options;
    bool wants_help = false;

    bool has(std::string_view option) const { return options.contains(option); }
    std::string value(std::string_view option, std::string_view otherwise = {}) const; // the last one given
    std::vector<std::string> values(std::string_view option) const;
    bool wants_json() const { return value("output", "table") == "json"; }
};

// Throws command_failure (usage). `words` begin with a command of the table, or a group.
invocation parse_command_line(const std::vector<std::string>& words);

bool is_command_word(std::string_view word); // a group, or a command that stands alone

// "tokens create"
std::string full_name(const command_row& row);

std::string overview_text();                          // `latchkey help`
std::string group_help(std::string_view group);       // `latchkey help tokens`
std::string command_help(const command_row& command); // `latchkey tokens create --help`
std::string bash_completion();
std::string zsh_completion();

// Runs a command of the table, tells a failure on standard error and returns the exit status.
int run(const std::vector<std::string>& words);

} // namespace latchkey::cli
