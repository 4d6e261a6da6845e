// What execve takes.
#pragma once

#include <string>
#include <vector>

namespace latchkey::test {

// Null at the end; good for as long as the texts stay where they are.
inline std::vector<char*> pointers_to(std::vector<std::string>& texts)
{
    std::vector<char*> pointers;
    for (std::string& text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

} // namespace latchkey::test
