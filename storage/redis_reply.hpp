// What a Redis server answered to one command, as a plain value: whoever awaited the command owns it. Error
// replies are values too, because most of them (NOSCRIPT, MOVED, a script's own word) are answers to act
// upon.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct redis_reply {
    enum class kind : std::uint8_t { nil, integer, text, status, error, array };

    kind what = kind::nil;
    std::int64_t integer = 0;
    std::string text{};               // of text, status and error; bytes, may hold anything
    std::vector<redis_reply> items{}; // of array

    bool is_nil() const noexcept { return what == kind::nil; }
    bool is_integer() const noexcept { return what == kind::integer; }
    bool is_text() const noexcept { return what == kind::text; }
    bool is_array() const noexcept { return what == kind::array; }
    bool is_error() const noexcept { return what == kind::error; }

    // The status that most writing commands answer.
    bool is_ok() const noexcept { return is_status("OK"); }
    bool is_status(std::string_view word) const noexcept { return what == kind::status && text == word; }

    // An error whose first word is `code`: "NOSCRIPT", "MOVED", "WRONGPASS". "ERR" is the word of all others.
    bool is_error(std::string_view code) const noexcept
    {
        return is_error() && text.starts_with(code) &&
               (text.size() == code.size() || text[code.size()] == ' ');
    }

    bool operator==(const redis_reply&) const = default;
};

// What one of several servers said.
struct redis_answer {
    std::string server; // its address, for people
    redis_reply reply;
};

} // namespace latchkey
