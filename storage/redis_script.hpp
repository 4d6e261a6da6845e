// A Lua script that a Redis server runs as one atomic step, and the name the server keeps it under.
// Immutable: made once, usually as a constant of the program, and used by every thread.
#pragma once

#include "storage/redis_command.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class redis_script {
public:
    // `text` must outlive the script: it is meant to be a literal.
    explicit redis_script(std::string_view text);

    std::string_view text() const noexcept { return text_; }

    // What EVALSHA calls it: SHA-1 of the text, 40 lower-case hex digits. A name that Redis chose, not a
    // proof.
    std::string_view sha1() const noexcept { return sha1_; }

private:
    std::string_view text_;
    std::string sha1_;
};

// The script by its name, which the server may not know (NOSCRIPT), and with its text, which it remembers.
redis_command evalsha_command(const redis_script& script,
                              const std::vector<std::string>& keys,
                              const std::vector<std::string>& arguments);
redis_command eval_command(const redis_script& script,
                           const std::vector<std::string>& keys,
                           const std::vector<std::string>& arguments);

} // namespace latchkey
