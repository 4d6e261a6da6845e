// Numbers as text, in the one form that both JSON and the exposition of metrics know.
#pragma once

#include <array>
#include <charconv>
#include <string>

namespace latchkey {

// The shortest digits that stand for it; `number` is finite.
template <class Number>
void append_number(std::string& out, Number number)
{
    std::array<char, 32> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

} // namespace latchkey
