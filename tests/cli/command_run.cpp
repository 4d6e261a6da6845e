#include "tests/cli/command_run.hpp"

#include "tests/support/exec_pointers.hpp"
#include "tests/support/file_text.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

void open_as(int wanted, const char* path, int flags)
{
    const int file = ::open(path, flags, 0600);
    ::dup2(file, wanted);
}

} // namespace

std::string command_shell::keep(const std::string& name, const std::string& text) const
{
    const std::string path = file(name);
    std::ofstream{path, std::ios::binary | std::ios::trunc} << text;
    return path;
}

command_result command_shell::run(const std::vector<std::string>& words, const std::string& input) const
{
    std::vector<std::string> arguments{LATCHKEY_PROGRAM};
    arguments.insert(arguments.end(), words.begin(), words.end());
    std::vector<std::string> environment{"XDG_CONFIG_HOME=" + file("config"), "HOME=" + file("")};
    if (!url_.empty()) environment.push_back("LATCHKEY_URL=" + url_);
    const std::string in = keep("stdin", input);
    const std::string out = file("stdout");
    const std::string err = file("stderr");
    std::vector<char*> argument_pointers = pointers_to(arguments);
    const std::vector<char*> environment_pointers = pointers_to(environment);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error{"fork fails"};
    if (child == 0) {
        open_as(STDIN_FILENO, in.c_str(), O_RDONLY);
        open_as(STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
        open_as(STDERR_FILENO, err.c_str(), O_WRONLY | O_CREAT | O_TRUNC);
        ::alarm(60); // a command that hangs is ended, not waited for
        ::execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return {
        WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents_of(out), contents_of(err)};
}

} // namespace latchkey::test
