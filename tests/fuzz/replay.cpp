// replay TARGET PLACE...: plays the files of the directories and files that it is given, in the order of
// their names, each as one input; and every beginning of those that are short, because a cut input is the
// cheapest new one there is.
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

constexpr std::size_t longest_cut = 256; // inputs up to this length are also played cut

std::vector<std::filesystem::path> inputs_at(const std::filesystem::path& place)
{
    std::vector<std::filesystem::path> found;
    if (std::filesystem::is_directory(place)) {
        for (const auto& entry : std::filesystem::directory_iterator{place})
            found.push_back(entry.path());
        std::sort(found.begin(), found.end());
    } else {
        found.push_back(place);
    }
    return found;
}

// From a block of its own and exact size, so that a sanitizer sees a read past the end.
void play(const latchkey::fuzz::target& one, std::string_view input)
{
    const auto copy = std::make_unique<char[]>(input.size());
    std::copy(input.begin(), input.end(), copy.get());
    one.play({copy.get(), input.size()});
}

void play_file(const latchkey::fuzz::target& one, const std::filesystem::path& path)
{
    std::ifstream in{path, std::ios::binary};
    const std::string input{std::istreambuf_iterator<char>{in}, {}};
    std::fprintf(stderr, "%s\n", path.c_str()); // what it was, if it is the last line
    play(one, input);
    if (input.size() > longest_cut) return;
    for (std::size_t length = 0; length < input.size(); ++length)
        play(one, std::string_view{input}.substr(0, length));
}

} // namespace

int main(int argc, char* argv[])
{
    const latchkey::fuzz::target* one = latchkey::fuzz::find_target(argc > 1 ? argv[1] : "");
    if (one == nullptr) {
        std::fputs("usage: replay TARGET PLACE...\n", stderr);
        return 2;
    }
    std::size_t played = 0;
    for (int place = 2; place < argc; ++place) {
        for (const auto& path : inputs_at(argv[place])) {
            play_file(*one, path);
            ++played;
        }
    }
    std::printf("%zu inputs\n", played);
    return played == 0 ? 1 : 0;
}
