#include "server/config_sources.hpp"

#include "auth/quoted_text.hpp"
#include "server/config_options.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace latchkey {

namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) noexcept
{
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// Levenshtein's distance: how many characters to add, drop or change.
std::size_t edit_distance(std::string_view left, std::string_view right)
{
    std::vector<std::size_t> row(right.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= left.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 1; j <= right.size(); ++j) {
            const std::size_t change = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

// `; did you mean --threads?`, or nothing. `spell` says how an option is called in the place at hand.
template <class Spell>
std::string suggestion(std::string_view unknown, Spell spell)
{
    std::string closest;
    std::size_t least = 3;
    for (const config_option& option : config_options()) {
        const std::string name = spell(option);
        const auto distance = edit_distance(unknown, name);
        if (distance >= least) continue;
        least = distance;
        closest = name;
    }
    return closest.empty() ? "" : "; did you mean " + closest + "?";
}

void add(given_settings& given,
         const config_option& option,
         std::string_view value,
         const std::string& origin)
{
    if (option.kind != option_kind::list) {
        given.settings.push_back({&option, std::string{value}, origin});
        return;
    }
    for (std::size_t at = 0; at <= value.size();) {
        const auto comma = std::min(value.find(',', at), value.size());
        given.settings.push_back({&option, std::string{trimmed(value.substr(at, comma - at))}, origin});
        at = comma + 1;
    }
}

void refuse_repetition(given_settings& given)
{
    std::set<const config_option*> seen;
    for (const auto& setting : given.settings) {
        const bool is_list = setting.option->kind == option_kind::list;
        if (is_list || seen.insert(setting.option).second) continue;
        given.errors.push_back(setting.origin + ": " + std::string{setting.option->name} + " is given twice");
    }
}

std::optional<config_action> action_named(std::string_view argument) noexcept
{
    if (argument == "--help" || argument == "-h") return config_action::print_help;
    if (argument == "--help-markdown") return config_action::print_markdown;
    if (argument == "--print-config") return config_action::print_config;
    return {};
}

// One flag out of `arguments`; returns the index behind it.
std::size_t read_flag(given_settings& given, const std::vector<std::string>& arguments, std::size_t at)
{
    const std::string_view argument = arguments[at++];
    const auto equals = argument.find('=');
    const std::string flag{argument.substr(0, equals)};
    const bool has_value_attached = equals != argument.npos;
    const bool has_value_behind =
        !has_value_attached && at < arguments.size() && !arguments[at].starts_with("--");

    const auto* option = find_option(std::string_view{flag}.substr(2));
    if (option == nullptr) {
        const auto spelled = [](const config_option& known) { return "--" + std::string{known.name}; };
        given.errors.push_back(in_quotes(flag) + " is not a flag" + suggestion(flag, spelled));
        return has_value_behind ? at + 1 : at;
    }
    if (!option->is_flag()) {
        given.errors.push_back(flag +
                               " is not taken from the command line, which other users can read: set " +
                               option->variable() + ", or " + option->variable() + "_FILE");
        return has_value_behind ? at + 1 : at;
    }
    if (has_value_attached) {
        add(given, *option, argument.substr(equals + 1), flag);
        return at;
    }
    if (option->kind == option_kind::on_off) {
        add(given, *option, "true", flag);
        return at;
    }
    if (!has_value_behind) {
        given.errors.push_back(flag + ": a value is missing (" + std::string{option->placeholder} + ")");
        return at;
    }
    add(given, *option, arguments[at], flag);
    return at + 1;
}

// Kubernetes tells every pod about a service called `latchkey` in variables of these names.
bool is_set_by_kubernetes(std::string_view variable) noexcept
{
    return variable == "LATCHKEY_PORT" || variable.starts_with("LATCHKEY_PORT_") ||
           variable.starts_with("LATCHKEY_SERVICE_");
}

// Those of the commands that speak to a server (server/cli): both may run in one container.
bool is_for_commands(std::string_view variable) noexcept
{
    return variable == "LATCHKEY_URL" || variable == "LATCHKEY_TOKEN" || variable == "LATCHKEY_TOKEN_FILE";
}

std::string_view without_line_end(std::string_view text) noexcept
{
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
}

// Of an option that is a path already, LATCHKEY_<NAME>_FILE would be read two ways: there is none.
bool can_come_from_a_file(const config_option& option) noexcept
{
    return option.placeholder != "FILE";
}

void read_variable(given_settings& given, const config_sources& sources, const config_option& option)
{
    const std::string variable = option.variable();
    const std::string file_variable = variable + "_FILE";
    const auto direct = sources.environment.find(variable);
    const auto by_file = sources.environment.find(file_variable);
    const bool is_direct = direct != sources.environment.end() && !direct->second.empty();
    const bool is_by_file =
        can_come_from_a_file(option) && by_file != sources.environment.end() && !by_file->second.empty();

    if (is_direct && is_by_file) {
        given.errors.push_back(variable + " and " + file_variable + " are both set: expected one of them");
    } else if (is_direct) {
        add(given, option, direct->second, variable);
    } else if (is_by_file) {
        auto content = sources.read_file(by_file->second);
        if (content) {
            add(given, option, without_line_end(*content), file_variable);
            if (option.kind == option_kind::secret) wipe_memory(content->data(), content->size());
        } else {
            given.errors.push_back(file_variable + ": cannot read " + in_quotes(by_file->second) + ": " +
                                   content.error().message());
        }
    }
}

struct file_line {
    std::string_view name;
    std::string_view value;
    bool is_well_formed = true;
};

file_line split_line(std::string_view line) noexcept
{
    const auto equals = line.find('=');
    if (equals == line.npos) return {line, {}, false};
    file_line split{trimmed(line.substr(0, equals)), trimmed(line.substr(equals + 1))};

    if (split.value.starts_with('"')) {
        const auto closing = split.value.find('"', 1);
        const auto rest = closing == split.value.npos ? "?" : trimmed(split.value.substr(closing + 1));
        split.is_well_formed = rest.empty() || rest.starts_with('#');
        split.value = split.value.substr(1, closing - 1);
        return split;
    }
    for (auto hash = split.value.find('#'); hash != split.value.npos;
         hash = split.value.find('#', hash + 1)) {
        if (hash > 0 && blanks.find(split.value[hash - 1]) == blanks.npos) continue;
        split.value = trimmed(split.value.substr(0, hash));
        break;
    }
    return split;
}

void read_line(given_settings& given, std::string_view line, const std::string& origin)
{
    line = trimmed(line);
    if (line.empty() || line.starts_with('#')) return;

    const auto [name, value, is_well_formed] = split_line(line);
    const auto* option = find_option(name);
    // The line itself is not shown: it may hold a password.
    if (!is_well_formed) {
        given.errors.push_back(origin + ": expected `name = value`, the value whole or in double quotes");
    } else if (option == nullptr) {
        const auto spelled = [](const config_option& known) { return std::string{known.name}; };
        given.errors.push_back(origin + ": there is no option " + in_quotes(name) +
                               suggestion(name, spelled));
    } else if (option->name == "config") {
        given.errors.push_back(origin + ": a configuration file cannot name another");
    } else {
        add(given, *option, value, origin);
    }
}

} // namespace

given_settings read_arguments(const std::vector<std::string>& arguments)
{
    given_settings given;
    for (std::size_t at = 0; at < arguments.size();) {
        const std::string& argument = arguments[at];
        if (const auto action = action_named(argument)) {
            given.action = *action;
            ++at;
        } else if (argument.starts_with("--") && argument.size() > 2) {
            at = read_flag(given, arguments, at);
        } else {
            given.errors.push_back(in_quotes(argument) +
                                   " is not a flag: expected --name VALUE or --name=VALUE");
            ++at;
        }
    }
    refuse_repetition(given);
    return given;
}

given_settings read_environment(const config_sources& sources)
{
    given_settings given;
    std::set<std::string, std::less<>> known;
    for (const config_option& option : config_options()) {
        known.insert(option.variable());
        if (can_come_from_a_file(option)) known.insert(option.variable() + "_FILE");
        read_variable(given, sources, option);
    }

    constexpr std::string_view prefix = "LATCHKEY_";
    for (auto at = sources.environment.lower_bound(prefix);
         at != sources.environment.end() && at->first.starts_with(prefix);
         ++at) {
        if (known.contains(at->first) || is_set_by_kubernetes(at->first) || is_for_commands(at->first))
            continue;
        const auto spelled = [](const config_option& option) { return option.variable(); };
        std::string_view meant = at->first;
        if (meant.ends_with("_FILE")) meant.remove_suffix(5);
        given.errors.push_back(in_quotes(at->first) + " is not a variable of Latchkey" +
                               suggestion(meant, spelled));
    }
    return given;
}

given_settings read_config_text(std::string_view text, const std::string& path)
{
    given_settings given;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        read_line(given, text.substr(at, end - at), path + ":" + std::to_string(++number));
        at = end + 1;
    }
    refuse_repetition(given);
    return given;
}

} // namespace latchkey
