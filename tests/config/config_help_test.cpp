#include "server/config_help.hpp"
#include "server/config_options.hpp"
#include "tests/support/catch.hpp"

#include <sstream>

using namespace latchkey;

namespace {

loaded_config load(std::vector<std::string> arguments,
                   std::map<std::string, std::string, std::less<>> environment = {},
                   std::string file = {})
{
    return load_config({std::move(arguments),
                        std::move(environment),
                        [file](const std::string&) -> result<std::string> { return file; }});
}

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("the help and its table name every option, its default and its variable", "[server][config]")
{
    const auto help = help_text();
    const auto table = help_markdown();

    for (const config_option& option : config_options()) {
        CAPTURE(option.name);
        CHECK(contains(help, option.is_flag() ? "--" + std::string{option.name} : option.variable()));
        CHECK(contains(table, "`" + option.variable() + "`"));
        if (option.default_text.empty()) continue;
        CHECK(contains(table, "`" + std::string{option.default_text} + "`"));
    }
}

TEST_CASE("no line of the help is wider than a terminal", "[server][config]")
{
    std::istringstream lines{help_text()};
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 110);
        CHECK((line.empty() || line.back() != ' '));
    }
}

TEST_CASE("the printed configuration says where each value comes from", "[server][config]")
{
    const auto printed =
        printed_config(load({"--config=a.conf", "--threads=4"},
                            {{"LATCHKEY_DRAIN", "5s"}, {"LATCHKEY_LISTEN", "127.0.0.1:1,[::1]:2"}},
                            "\nlog-format = json\n"));
    const auto line_of = [&](const std::string& start) {
        const auto at = printed.find("\n" + start);
        REQUIRE(at != printed.npos);
        return printed.substr(at + 1, printed.find('\n', at + 1) - at - 1);
    };

    CHECK(line_of("threads = 4").ends_with("# --threads"));
    CHECK(line_of("drain = 5s").ends_with("# LATCHKEY_DRAIN"));
    CHECK(line_of("listen = [::1]:2").ends_with("# LATCHKEY_LISTEN"));
    CHECK(line_of("log-format = json").ends_with("# a.conf:2"));
    CHECK(line_of("store = sqlite:latchkey.db").ends_with("# default"));
    CHECK(line_of("# pepper-file is not set").ends_with("# default"));
}

TEST_CASE("the printed configuration, read as a file, means the same", "[server][config]")
{
    const auto printed =
        printed_config(load({"--pepper-file=/a #b", "--listen=127.0.0.1:1,unix:/s", "--drain=0"}));

    const auto again = load({"--config=printed.conf"}, {}, printed);

    CHECK(again.errors == std::vector<std::string>{});
    CHECK(again.settings.pepper_file == "/a #b");
    CHECK(again.settings.listen.size() == 2);
    CHECK(again.settings.drain.count() == 0);
}

TEST_CASE("the printed configuration hides the first user's password", "[server][config]")
{
    const auto loaded = load({"--print-config"},
                             {{"LATCHKEY_FIRST_USER_EMAIL", "ada@example.org"},
                              {"LATCHKEY_FIRST_USER_USERNAME", "ada"},
                              {"LATCHKEY_FIRST_USER_PASSWORD", "hunter2hunter2"}});
    REQUIRE(loaded.errors.empty());
    CHECK(loaded.action == config_action::print_config);

    const auto printed = printed_config(loaded);

    CHECK(contains(printed, "# first-user-password is set and not shown"));
    CHECK_FALSE(contains(printed, "hunter2"));
}

TEST_CASE("asking for help is an action, whatever else is wrong", "[server][config]")
{
    CHECK(load({"--help"}).action == config_action::print_help);
    CHECK(load({"-h", "--nonsense"}).action == config_action::print_help);
    CHECK(load({"--help-markdown"}).action == config_action::print_markdown);
    CHECK(load({}).action == config_action::serve);
}
