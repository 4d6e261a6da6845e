#include "server/config_process.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <unistd.h>

namespace latchkey {

namespace {

constexpr std::size_t largest_file = 1 << 20;

error_code last_error() noexcept
{
    return {errno, boost::system::generic_category()};
}

// stdio keeps a copy of what it read in its buffer, and passwords come this way: no buffer.
result<std::string> read_small_file(const std::string& path)
{
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "re"), &std::fclose};
    if (!file) return last_error();
    std::setvbuf(file.get(), nullptr, _IONBF, 0);

    std::string content;
    std::array<char, 4096> part;
    while (const auto count = std::fread(part.data(), 1, part.size(), file.get())) {
        content.append(part.data(), count);
        if (content.size() > largest_file)
            return boost::system::errc::make_error_code(boost::system::errc::file_too_large);
    }
    if (std::ferror(file.get()) != 0) return last_error();
    return content;
}

std::map<std::string, std::string, std::less<>> process_environment()
{
    std::map<std::string, std::string, std::less<>> variables;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals == text.npos || !text.starts_with("LATCHKEY_")) continue;
        variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

} // namespace

config_sources process_sources(std::vector<std::string> arguments)
{
    return {.arguments = std::move(arguments),
            .environment = process_environment(),
            .read_file = &read_small_file};
}

} // namespace latchkey
