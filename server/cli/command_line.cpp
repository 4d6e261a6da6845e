#include "server/cli/command_line.hpp"

#include <algorithm>
#include <iostream>

namespace latchkey::cli {
namespace {

[[noreturn]] void misused(const std::string& why)
{
    throw command_failure{ending::usage, why};
}

const command_row* find_command(std::string_view group, std::string_view name)
{
    for (const command_row& row : command_table())
        if (row.group == group && row.name == name) return &row;
    return nullptr;
}

bool is_group(std::string_view word)
{
    return std::ranges::any_of(command_groups(), [&](const group_row& row) { return row.name == word; });
}

const option_row* option_of(const command_row& command, std::string_view name)
{
    for (const option_row& row : command.options)
        if (row.name == name) return &row;
    if (command.speaks_to_server)
        for (const option_row& row : server_options())
            if (row.name == name) return &row;
    return nullptr;
}

std::string hint(const command_row& row)
{
    return "; see `latchkey " + full_name(row) + " --help`";
}

bool is_one_of(std::string_view value, std::string_view choices)
{
    while (!choices.empty()) {
        const auto end = std::min(choices.find('|'), choices.size());
        if (choices.substr(0, end) == value) return true;
        choices.remove_prefix(std::min(end + 1, choices.size()));
    }
    return false;
}

// Takes the option at `word`, and its value from there or from the next word. Never quotes a value that was
// not one of a few known words: people put secrets where they do not belong.
void take_option(invocation& given,
                 std::vector<std::string>::const_iterator& word,
                 std::vector<std::string>::const_iterator end)
{
    const std::string_view text = std::string_view{*word}.substr(2);
    const auto equals = text.find('=');
    const std::string name{text.substr(0, equals)};
    const option_row* const option = option_of(*given.row, name);
    if (!option)
        misused("`latchkey " + full_name(*given.row) + "` does not know --" + name + hint(*given.row));
    if (option->placeholder.empty()) {
        if (equals != text.npos) misused("--" + name + " takes no value");
        given.options.emplace(name, "");
        return;
    }
    std::string value;
    if (equals != text.npos) {
        value = text.substr(equals + 1);
    } else {
        if (++word == end) misused("--" + name + " needs a value: " + std::string{option->placeholder});
        value = *word;
    }
    const bool has_choices = option->placeholder.find('|') != option->placeholder.npos;
    if (has_choices && option->placeholder != "FILE|-" && !is_one_of(value, option->placeholder))
        misused("--" + name + " is one of " + std::string{option->placeholder});
    if (!option->is_repeatable && given.has(name)) misused("--" + name + " can be given once");
    given.options.emplace(name, std::move(value));
}

void check_operands(const invocation& given)
{
    const command_row& row = *given.row;
    const std::string how = "latchkey " + full_name(row) + " " + std::string{row.operands};
    if (given.operands.size() < row.least_operands) misused("too little was given: " + how + hint(row));
    if (given.operands.size() > row.most_operands) misused("too much was given: " + how + hint(row));
}

} // namespace

std::string invocation::value(std::string_view option, std::string_view otherwise) const
{
    const auto end = options.upper_bound(option);
    if (end == options.begin() || std::prev(end)->first != option) return std::string{otherwise};
    return std::prev(end)->second;
}

std::vector<std::string> invocation::values(std::string_view option) const
{
    std::vector<std::string> all;
    const auto [first, last] = options.equal_range(option);
    for (auto each = first; each != last; ++each)
        all.push_back(each->second);
    return all;
}

std::string full_name(const command_row& row)
{
    if (row.group.empty()) return std::string{row.name};
    return std::string{row.group}.append(" ").append(row.name);
}

bool is_command_word(std::string_view word)
{
    return is_group(word) || find_command({}, word) != nullptr;
}

invocation parse_command_line(const std::vector<std::string>& words)
{
    invocation given;
    auto word = words.begin();
    std::string group;
    if (is_group(*word)) {
        group = *word++;
        if (word == words.end() || *word == "--help" || *word == "-h") {
            given.wants_help = true;
            return given; // with no row: the group's help
        }
    }
    given.row = find_command(group, *word);
    if (!given.row)
        misused("`latchkey " + group + "` has no such command; see `latchkey help " + group + "`");
    bool takes_options = true;
    for (++word; word != words.end(); ++word) {
        if (takes_options && *word == "--") {
            takes_options = false;
        } else if (takes_options && (*word == "--help" || *word == "-h")) {
            given.wants_help = true;
            return given;
        } else if (takes_options && word->starts_with("--")) {
            take_option(given, word, words.end());
        } else if (takes_options && word->size() > 1 && word->front() == '-') {
            misused("options begin with two dashes" + hint(*given.row));
        } else {
            given.operands.push_back(*word);
        }
    }
    check_operands(given);
    return given;
}

int run(const std::vector<std::string>& words)
{
    try {
        const invocation given = parse_command_line(words);
        if (given.wants_help) {
            std::cout << (given.row ? command_help(*given.row) : group_help(words.front()));
            return static_cast<int>(words.size() == 1 ? ending::usage : ending::done);
        }
        const ending how = given.row->run(given);
        std::cout.flush();
        if (!std::cout) throw command_failure{ending::failed, "standard output cannot be written"};
        return static_cast<int>(how);
    } catch (const command_failure& failure) {
        std::cout.flush();
        std::cerr << "latchkey: " << failure.what() << '\n';
        return static_cast<int>(failure.how());
    }
}

} // namespace latchkey::cli
