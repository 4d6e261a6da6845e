// The entries that libFuzzer calls. LATCHKEY_FUZZ_TARGET says which target this process is about.
#include "tests/fuzz/target.hpp"

namespace {

const latchkey::fuzz::target* chosen = nullptr;

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name
extern "C" int LLVMFuzzerInitialize(int*, char***)
{
    const char* name = std::getenv("LATCHKEY_FUZZ_TARGET");
    chosen = latchkey::fuzz::find_target(name == nullptr ? "" : name);
    if (chosen != nullptr) return 0;
    std::fputs("LATCHKEY_FUZZ_TARGET must be one of:", stderr);
    for (const latchkey::fuzz::target& one : latchkey::fuzz::all_targets)
        std::fprintf(stderr, " %.*s", static_cast<int>(one.name.size()), one.name.data());
    std::fputc('\n', stderr);
    std::exit(2);
}

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer looks for this name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    chosen->play({reinterpret_cast<const char*>(data), size});
    return 0;
}
