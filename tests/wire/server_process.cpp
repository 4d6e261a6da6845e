#include "tests/wire/server_process.hpp"

#include "tests/support/exec_pointers.hpp"
#include "tests/support/patience.hpp"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

void add_setting(std::vector<std::string>& settings, std::string_view name, std::string_view value)
{
    settings.emplace_back(name).append(value);
}

pid_t start_program(std::vector<std::string> arguments,
                    std::vector<std::string> environment,
                    const std::string& output)
{
    std::string program = LATCHKEY_PROGRAM;
    std::vector<char*> argument_pointers = pointers_to(arguments);
    argument_pointers.insert(argument_pointers.begin(), program.data());
    const std::vector<char*> environment_pointers = pointers_to(environment);
    const pid_t child = fork();
    if (child < 0) throw std::system_error{errno, std::generic_category(), "fork"};
    if (child > 0) return child;
    // Only async-signal-safe calls from here to exec.
    const int file = open(output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execve(argument_pointers[0], argument_pointers.data(), environment_pointers.data());
    _exit(127);
}

int wait_for(pid_t child)
{
    int status = 0;
    const bool ended = becomes_true([&] { return waitpid(child, &status, WNOHANG) == child; });
    if (!ended) throw std::runtime_error{"the program does not end"};
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

int run_program(const std::vector<std::string>& arguments, const std::string& output)
{
    return wait_for(start_program(arguments, {}, output));
}

server_process::server_process(const temporary_directory& directory,
                               int early_signal,
                               std::vector<std::string> more_flags)
    : socket_{directory.file("socket")}
{
    std::vector<std::string> arguments{"serve", "--api-rate-limit=0", "--threads=2"};
    add_setting(arguments, "--listen=unix:", socket_);
    add_setting(arguments, "--store=sqlite:", directory.file("latchkey.db"));
    add_setting(arguments, "--audit-log=", audit_file(directory));
    for (std::string& flag : more_flags)
        arguments.push_back(std::move(flag));
    std::vector<std::string> environment;
    add_setting(environment, "LATCHKEY_FIRST_USER_EMAIL=", email);
    add_setting(environment, "LATCHKEY_FIRST_USER_USERNAME=", "root");
    add_setting(environment, "LATCHKEY_FIRST_USER_PASSWORD=", password);
    child_ = start_program(arguments, environment, output_file(directory));
    if (early_signal != 0) {
        const auto is_loading = [&] { return std::filesystem::exists(directory.file("latchkey.db")); };
        if (!becomes_true(is_loading)) throw std::runtime_error{"the program opens no database"};
        send_signal(early_signal);
    }
    const auto answers = [this] {
        try {
            return connect().request("GET", "/readyz").status == 200;
        } catch (const std::system_error&) {
            return false; // not listening yet
        }
    };
    if (!becomes_true(answers)) throw std::runtime_error{"the program does not start"};
}

server_process::~server_process()
{
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
}

http_client server_process::connect() const
{
    return http_client{unix_path{socket_}};
}

void server_process::send_signal(int number) const
{
    kill(child_, number);
}

std::set<std::string> server_process::thread_names() const
{
    std::set<std::string> names;
    for (const auto& thread :
         std::filesystem::directory_iterator{"/proc/" + std::to_string(child_) + "/task"}) {
        std::ifstream file{thread.path() / "comm"};
        std::string name;
        std::getline(file, name);
        names.insert(std::move(name));
    }
    return names;
}

int server_process::wait()
{
    const int code = wait_for(child_);
    child_ = -1;
    return code;
}

} // namespace latchkey::test
