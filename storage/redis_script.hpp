// A Lua script that a Redis server runs as one atomic step, and the name the server keeps it under.
// Immutable: made once, usually as a constant of the program, and used by every thread.
#pragma once

#include "storage/redis_command.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

class redis_script {
public:
    explicit redis_script(std::string text);

    // `body`, with what it may call in front.
    redis_script(std::string_view functions, std::string_view body);

    std::string_view text() const noexcept { return text_; }

    // What EVALSHA calls it: SHA-1 of the text, 40 lower-case hex digits. A name that Redis chose, not a
    // proof.
    std::string_view sha1() const noexcept { return sha1_; }

private:
    std::string text_;
    std::string sha1_;
};

// A run of a script with its keys, which must share a slot, and then its arguments. The script must outlive
// it. Cheap to copy.
class redis_call {
public:
    explicit redis_call(const redis_script& script);

    redis_call& key(std::string_view name);
    redis_call& arg(std::string_view bytes);
    redis_call& arg(std::int64_t number);

    // By the script's name, which the server may not know (NOSCRIPT); with its text, which it remembers.
    redis_command by_name() const;
    redis_command by_text() const;

private:
    redis_command command(std::string_view name, std::string_view body) const;
    redis_words& own_words();

    const redis_script* script_;
    std::shared_ptr<redis_words> words_; // of all copies, and of the commands made from them
    std::int64_t keys_ = 0;              // how many of the words; the first ones
};

} // namespace latchkey
