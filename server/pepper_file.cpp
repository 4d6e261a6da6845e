#include "server/pepper_file.hpp"

#include "auth/secret.hpp"

#include <cstddef>
#include <fstream>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t longest_pepper_file = 64 * 1024;

} // namespace

open_result<pepper_set> load_peppers(const std::string& path)
{
    if (path.empty()) return pepper_set{};
    std::ifstream file{path, std::ios::binary};
    // One buffer that never grows, so that no copy of a pepper stays behind in freed memory.
    std::string bytes(longest_pepper_file + 1, '\0');
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    const auto size = static_cast<std::size_t>(file.gcount());
    bytes.resize(size);
    const secret_text text{std::move(bytes)};
    if (!file.is_open() || file.bad() || size > longest_pepper_file) {
        return open_error{"pepper file " + path +
                          ": cannot be read; check --pepper-file and its permissions"};
    }
    auto peppers = pepper_set::parse(text.expose());
    if (!peppers) return open_error{"pepper file " + path + ": " + peppers.error().text};
    return std::move(*peppers);
}

} // namespace latchkey
