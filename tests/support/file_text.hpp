// What lies in a file.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace latchkey::test {

// All its bytes; empty where there is no such file, or a folder.
inline std::string contents_of(const std::filesystem::path& path)
{
    if (!std::filesystem::is_regular_file(path)) return {};
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace latchkey::test
