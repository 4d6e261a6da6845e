#include "server/cli/secret_input.hpp"

#include "server/cli/command_line.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <system_error>
#include <termios.h>
#include <unistd.h>

namespace latchkey::cli {
namespace {

constexpr std::size_t largest_secret = 64 * 1024;

// Byte by byte and without a buffer of stdio's, which would keep a copy; what follows the line stays there.
secret_text read_line(int from, std::string_view what)
{
    std::string line;
    line.reserve(1024);
    char c = 0;
    while (true) {
        const ssize_t count = ::read(from, &c, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0)
            throw command_failure{ending::failed,
                                  std::string{what} +
                                      " cannot be read: " + std::generic_category().message(errno)};
        if (count == 0 || c == '\n') break;
        if (line.size() >= largest_secret)
            throw command_failure{ending::usage, std::string{what} + " is too long"};
        line += c;
    }
    if (line.ends_with('\r')) line.pop_back();
    return secret_text{std::move(line)};
}

int open_secret(const std::string& path, std::string_view what)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        throw command_failure{ending::usage,
                              std::string{what} + " cannot be read from " + path + ": " +
                                  std::generic_category().message(errno)};
    return file;
}

// Echo is off while it lives. ^C leaves it to the shell, which puts its terminal right itself.
class quiet_terminal {
public:
    quiet_terminal()
    {
        is_changed_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_changed_) return;
        termios quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    quiet_terminal(const quiet_terminal&) = delete;
    quiet_terminal& operator=(const quiet_terminal&) = delete;
    ~quiet_terminal()
    {
        if (is_changed_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
        std::cerr << '\n';
    }

private:
    termios before_{};
    bool is_changed_ = false;
};

void put_question(std::string_view question, std::string_view option)
{
    if (!is_terminal_in())
        throw command_failure{ending::usage, "nobody can be asked here; use " + std::string{option}};
    std::cout.flush();
    std::cerr << question << ": " << std::flush;
}

} // namespace

secret_text read_secret(const std::string& file_or_dash, std::string_view what)
{
    const bool is_input = file_or_dash == "-";
    const int from = is_input ? STDIN_FILENO : open_secret(file_or_dash, what);
    secret_text line = read_line(from, what);
    if (!is_input) ::close(from);
    if (line.empty())
        throw command_failure{ending::usage,
                              std::string{what} + " is empty" + (is_input ? "" : " in " + file_or_dash)};
    return line;
}

secret_text read_secret_file(const std::string& path, std::string_view what)
{
    const int file = open_secret(path, what);
    std::string text(largest_secret, '\0');
    std::size_t size = 0;
    ssize_t count = 0;
    while (size < text.size() && (count = ::read(file, text.data() + size, text.size() - size)) > 0)
        size += static_cast<std::size_t>(count);
    ::close(file);
    text.resize(size);
    return secret_text{std::move(text)};
}

bool is_terminal_in()
{
    return ::isatty(STDIN_FILENO) == 1;
}

std::string ask_for(std::string_view question, std::string_view option)
{
    put_question(question, option);
    return std::string{read_line(STDIN_FILENO, question).expose()};
}

secret_text ask_for_secret(std::string_view question, std::string_view option)
{
    put_question(question, option);
    const quiet_terminal quiet;
    return read_line(STDIN_FILENO, question);
}

} // namespace latchkey::cli
