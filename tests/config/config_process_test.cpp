#include "server/config_process.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <fstream>

using namespace latchkey;

namespace {

std::string file_of_size(const test::temporary_directory& folder, const char* name, std::size_t size)
{
    const auto path = folder.file(name);
    std::ofstream{path} << std::string(size, 'x');
    return path;
}

} // namespace

TEST_CASE("files of the configuration are read whole up to a mebibyte", "[server][config]")
{
    const test::temporary_directory folder;
    const auto sources = process_sources({});

    CHECK(sources.read_file(file_of_size(folder, "largest", 1 << 20))->size() == 1 << 20);
    CHECK(sources.read_file(file_of_size(folder, "larger", (1 << 20) + 1)).error() ==
          boost::system::errc::file_too_large);
    CHECK(sources.read_file(folder.file("")).error() == boost::system::errc::is_a_directory);
    CHECK(sources.read_file(folder.file("gone")).error() == boost::system::errc::no_such_file_or_directory);
}

TEST_CASE("only variables that are ours are taken from the process", "[server][config]")
{
    ::setenv("LATCHKEY_DRAIN", "a=b", 1);

    const auto sources = process_sources({"--threads=1"});
    ::unsetenv("LATCHKEY_DRAIN");

    CHECK(sources.arguments == std::vector<std::string>{"--threads=1"});
    CHECK(sources.environment.at("LATCHKEY_DRAIN") == "a=b");
    CHECK_FALSE(sources.environment.contains("PATH"));
}
