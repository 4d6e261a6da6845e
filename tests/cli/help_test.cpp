// Help and completion, which are made from the command table.
#include "server/cli/command_line.hpp"
#include "server/cli/guides.hpp"
#include "tests/cli/command_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_text.hpp"

#include <cstdlib>

using namespace latchkey::test;
namespace cli = latchkey::cli;

namespace {

bool holds(const std::string& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

std::size_t longest_line(const std::string& text)
{
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        longest = std::max(longest, end - at);
        at = end + 1;
    }
    return longest;
}

// What bash completes `words` to, the last of which is being typed.
std::string completed_by_bash(const command_shell& shell, const std::string& words)
{
    const std::string script = shell.keep(
        "complete.bash",
        "source " + shell.file("completion.bash") + "\nCOMP_WORDS=(" + words +
            ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_latchkey\nprintf '%s ' \"${COMPREPLY[@]}\"\n");
    const std::string out = shell.file("completed");
    if (std::system(("bash " + script + " >" + out + " 2>&1").c_str()) != 0) return "bash fails";
    return contents_of(out);
}

} // namespace

TEST_CASE("the help shows every command on a screen of 80 columns", "[cli]")
{
    const command_shell shell{""};
    const command_result help = shell.run({"help"});
    CHECK(help.status == 0);
    CHECK(longest_line(help.out) < 80);
    CHECK(std::ranges::count(help.out, '\n') <= 30);
    for (const cli::command_row& row : cli::command_table()) {
        CHECK(holds(help.out, row.name));
        if (!row.run) continue;
        std::vector<std::string> words;
        if (!row.group.empty()) words.emplace_back(row.group);
        words.emplace_back(row.name);
        words.emplace_back("--help");
        const command_result one = shell.run(words);
        CAPTURE(words);
        CHECK(one.status == 0);
        CHECK(longest_line(one.out) < 80);
        for (const cli::option_row& option : row.options)
            CHECK(holds(one.out, "--" + std::string{option.name}));
    }
}

TEST_CASE("every topic is a page of 80 columns that the help names, and no command", "[cli]")
{
    const command_shell shell{""};
    const std::string overview = shell.run({"help"}).out;
    REQUIRE_FALSE(cli::guides().empty());
    for (const cli::guide& one : cli::guides()) {
        CAPTURE(one.topic);
        const command_result page = shell.run({"help", std::string{one.topic}});
        CHECK(page.status == 0);
        CHECK(page.out == one.text);
        CHECK(longest_line(page.out) <= 80);
        CHECK(holds(overview, one.topic));
        CHECK_FALSE(cli::is_command_word(one.topic));
    }
    CHECK(shell.run({"help", "nothing"}).status == 2);
}

TEST_CASE("bash reads the completion script, and completes commands, options and values by it", "[cli]")
{
    const command_shell shell{""};
    const command_result made = shell.run({"completion", "bash"});
    REQUIRE(made.status == 0);
    REQUIRE(std::system(("bash -n " + shell.keep("completion.bash", made.out)).c_str()) == 0);
    CHECK(completed_by_bash(shell, "latchkey tok") == "tokens ");
    CHECK(completed_by_bash(shell, "latchkey help mov") == "moving ");
    CHECK(completed_by_bash(shell, "latchkey tokens ex") == "expire ");
    CHECK(completed_by_bash(shell, "latchkey tokens create --lif") == "--lifetime ");
    CHECK(completed_by_bash(shell, "latchkey tokens list --output ''") == "table json ");
    CHECK(completed_by_bash(shell, "latchkey completion ''") == "bash zsh --help ");
    CHECK(holds(completed_by_bash(shell, "latchkey whoami --token-file /et"), "/etc"));
}

TEST_CASE("zsh reads the completion script, where there is a zsh", "[cli]")
{
    const command_shell shell{""};
    const command_result made = shell.run({"completion", "zsh"});
    REQUIRE(made.status == 0);
    CHECK(made.out.starts_with("#compdef latchkey\n"));
    if (std::system("command -v zsh >/dev/null 2>&1") != 0) return;
    CHECK(std::system(("zsh -n " + shell.keep("completion.zsh", made.out)).c_str()) == 0);
}
