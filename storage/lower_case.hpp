// ASCII only, as usernames, and the names in HTTP and JSON, are compared.
#pragma once

#include <string>

namespace latchkey {

constexpr char lower_case(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

inline std::string lower_case(std::string text)
{
    for (char& c : text)
        c = lower_case(c);
    return text;
}

} // namespace latchkey
