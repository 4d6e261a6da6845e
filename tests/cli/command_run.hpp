// One run of the real program as a child, with what it is given and what it said.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey::test {

struct command_result {
    int status = -1; // 128 + the signal that ended it
    std::string out;
    std::string err;
};

// A person's shell: a home of its own, so that sessions are kept from one command to the next.
class command_shell {
public:
    explicit command_shell(std::string url) : url_{std::move(url)} {}

    command_result run(const std::vector<std::string>& words, const std::string& input = {}) const;

    std::string file(const std::string& name) const { return home_.file(name); }
    std::string session_file() const { return home_.file("config/latchkey/session"); }

    // In a file of its own: what --password-file and the like take.
    std::string keep(const std::string& name, const std::string& text) const;

private:
    std::string url_; // LATCHKEY_URL; empty: not set
    temporary_directory home_;
};

inline bool holds(std::string_view text, std::string_view part)
{
    return text.find(part) != text.npos;
}

} // namespace latchkey::test
