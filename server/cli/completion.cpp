// Shell completion, written out from the command table.
#include "server/cli/commands.hpp"
#include "server/cli/guides.hpp"

#include <iostream>

namespace latchkey::cli {
namespace {

// What may follow at one place: words, and whether files may.
struct choices {
    std::string words;
    bool files = false;

    void add(std::string_view word)
    {
        if (!words.empty()) words += ' ';
        words += word;
    }

    // Of "FILE", "table|json", "[ROLE...]": the small letters are words to type, the others are not.
    void add_placeholder(std::string_view text)
    {
        if (text.find("FILE") != text.npos) files = true;
        if (text.find('|') == text.npos) return;
        std::string word;
        for (const char c : text) {
            if (c >= 'a' && c <= 'z') {
                word += c;
                continue;
            }
            if (!word.empty() && c == '|') add(word);
            word.clear();
        }
        if (!word.empty()) add(word);
    }
};

std::string first_words()
{
    choices all;
    for (const command_row& row : command_table())
        if (row.group.empty()) all.add(row.name);
    for (const group_row& group : command_groups())
        all.add(group.name);
    all.add("help");
    all.add("version");
    return all.words;
}

std::string topic_words()
{
    std::string all;
    for (const guide& one : guides())
        all.append(" ").append(one.topic);
    return all;
}

std::string command_words(std::string_view group)
{
    choices all;
    for (const command_row& row : command_table())
        if (row.group == group) all.add(row.name);
    return all.words;
}

choices follows(const command_row& row)
{
    choices all;
    all.add_placeholder(row.operands);
    for (const option_row& option : row.options)
        all.add("--" + std::string{option.name});
    if (row.speaks_to_server)
        for (const option_row& option : server_options())
            all.add("--" + std::string{option.name});
    all.add("--help");
    return all;
}

// A case arm for each option that takes a value, each placeholder once for each name.
void append_value_arms(std::string& out, std::span<const option_row> options, const std::string& in)
{
    for (const option_row& option : options) {
        if (option.placeholder.empty()) continue;
        choices values;
        values.add_placeholder(option.placeholder);
        out.append("        \"").append(in).append("--").append(option.name).append("\") words='");
        out.append(values.words).append("'; files=").append(values.files ? "yes" : "no").append(";;\n");
    }
}

// Both shells run this part: `command` is set to the words in front, `previous` to the last of them.
std::string choosing()
{
    std::string out = "    local words='' files=no\n    case \"$command $previous\" in\n";
    for (const command_row& row : command_table()) {
        append_value_arms(out, row.options, full_name(row) + " ");
        if (row.speaks_to_server) append_value_arms(out, server_options(), full_name(row) + " ");
    }
    out += "        *) case \"$command\" in\n";
    for (const command_row& row : command_table()) {
        const choices all = follows(row);
        out.append("            '").append(full_name(row)).append("') words='").append(all.words);
        out.append("'; files=").append(all.files ? "yes" : "no").append(";;\n");
    }
    for (const group_row& group : command_groups())
        out.append("            '")
            .append(group.name)
            .append("') words='")
            .append(command_words(group.name) + "';;\n");
    out.append("            '') words='").append(first_words()).append("';;\n");
    out.append("            help) words='").append(first_words() + topic_words()).append("';;\n");
    return out + "        esac;;\n    esac\n";
}

// Groups whose second word belongs to the command's name.
std::string group_pattern()
{
    std::string out;
    for (const group_row& group : command_groups())
        out.append(out.empty() ? "" : "|").append(group.name);
    return out;
}

} // namespace

std::string bash_completion()
{
    return "# bash completion of latchkey: eval \"$(latchkey completion bash)\"\n"
           "_latchkey()\n{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} previous='' command=''\n"
           "    [ \"$COMP_CWORD\" -gt 1 ] && previous=${COMP_WORDS[COMP_CWORD - 1]} "
           "command=${COMP_WORDS[1]}\n"
           "    case \"$command\" in\n"
           "        " +
           group_pattern() +
           ") [ \"$COMP_CWORD\" -gt 2 ] && command=\"$command ${COMP_WORDS[2]}\";;\n"
           "    esac\n" +
           choosing() +
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "    if [ \"$files\" = yes ] && [[ $current != --* ]]; then\n"
           "        COMPREPLY+=($(compgen -f -- \"$current\"))\n"
           "    fi\n"
           "}\n"
           "complete -o filenames -F _latchkey latchkey\n";
}

std::string zsh_completion()
{
    return "#compdef latchkey\n"
           "# zsh completion of latchkey: source <(latchkey completion zsh)\n"
           "_latchkey()\n{\n"
           "    local previous='' command=''\n"
           "    if (( CURRENT > 2 )); then previous=${words[CURRENT - 1]}; command=${words[2]}; fi\n"
           "    case \"$command\" in\n"
           "        " +
           group_pattern() +
           ") (( CURRENT > 3 )) && command=\"$command ${words[3]}\";;\n"
           "    esac\n"
           "    _latchkey_choose\n"
           "}\n"
           "_latchkey_choose()\n{\n" +
           choosing() +
           "    compadd -- ${=words}\n"
           "    if [[ $files = yes ]]; then _files; fi\n"
           "}\n"
           "if [[ ${funcstack[1]} = _latchkey ]]; then _latchkey \"$@\"; else compdef _latchkey latchkey; "
           "fi\n";
}

ending print_completion(const invocation& given)
{
    const std::string& shell = given.operands.front();
    if (shell != "bash" && shell != "zsh")
        throw command_failure{ending::usage, "completion is made for bash and zsh"};
    std::cout << (shell == "bash" ? bash_completion() : zsh_completion());
    return ending::done;
}

} // namespace latchkey::cli
