#include "server/path.hpp"
#include "tests/support/catch.hpp"

#include <array>

using namespace latchkey;

TEST_CASE("a path has one normal form, or is refused", "[server][path]")
{
    struct row {
        std::string_view raw;
        std::optional<std::string_view> normal;
        const char* reason;
    };
    const std::string nul{"/a\0b", 4};
    const row rows[] = {
        {"/", "/", "the root"},
        {"/api/v2/users", "/api/v2/users", "nothing to do"},
        {"//api///v2/users//", "/api/v2/users/", "runs of slashes collapse"},
        {"/users/a%20b", "/users/a%20b", "segments stay encoded"},
        {"/keys/a%2Fb", "/keys/a%2Fb", "an encoded slash belongs to a name"},
        {"/keys/...", "/keys/...", "three dots are a name"},
        {"/keys/.a", "/keys/.a", "a dot in a name"},
        {"/keys/%C3%A9", "/keys/%C3%A9", "encoded UTF-8"},
        {"", std::nullopt, "no path"},
        {"users", std::nullopt, "not absolute"},
        {"/a/./b", std::nullopt, "dot segment"},
        {"/a/../b", std::nullopt, "dot segment"},
        {"/a/..", std::nullopt, "dot segment at the end"},
        {"/a/%2e%2E/b", std::nullopt, "encoded dot segment"},
        {"/a/.%2e", std::nullopt, "half encoded dot segment"},
        {"/a/..%2fb", std::nullopt, "dot segment behind an encoded slash"},
        {"/a%2f..", std::nullopt, "dot segment behind an encoded slash, at the end"},
        {"/a%", std::nullopt, "escape cut short"},
        {"/a%4", std::nullopt, "escape cut short"},
        {"/a%zz", std::nullopt, "escape that is not hex"},
        {"/a%00b", std::nullopt, "encoded NUL"},
        {nul, std::nullopt, "NUL"},
        {"/a%0d%0aX:", std::nullopt, "encoded line end"},
        {"/a%7f", std::nullopt, "encoded DEL"},
        {"/a\x01", std::nullopt, "control character"},
        {"/a%ff", std::nullopt, "not UTF-8"},
        {"/a%c0%af", std::nullopt, "overlong slash"},
    };
    for (const row& each : rows) {
        INFO(each.reason << ": " << each.raw);
        std::string scratch;
        CHECK(normalise_path(each.raw, scratch) == each.normal);
    }
}

TEST_CASE("a query is decoded name by name, and the first value counts", "[server][path]")
{
    CHECK(query_value("a=1&b=2&a=3", "a") == "1");
    CHECK(query_value("a=1", "b") == std::nullopt);
    CHECK(query_value("", "a") == std::nullopt);
    CHECK(query_value("a", "a") == "");
    CHECK(query_value("&&a=", "a") == "");
    CHECK(query_value("a=x%20y+z", "a") == "x y z");
    CHECK(query_value("a=x%2", "a") == std::nullopt);
    CHECK(query_value("%61=1", "a") == "1");
    CHECK(query_value("aa=1", "a") == std::nullopt);
    CHECK(query_value("a=b=c", "a") == "b=c");
    CHECK(query_values("s=1&t=2&s=%zz&s=3", "s") == std::vector<std::string>{"1", "3"});
}

TEST_CASE("flags are read as Go's ParseBool does", "[server][path]")
{
    for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) {
        CAPTURE(text);
        CHECK(query_flag(std::string{"f="} + text, "f"));
    }
    for (const char* text : {"", "0", "f", "false", "yes", "tRUE", "on", "true "}) {
        CAPTURE(text);
        CHECK_FALSE(query_flag(std::string{"f="} + text, "f"));
    }
    CHECK_FALSE(query_flag("g=1", "f"));
}

TEST_CASE("decoding into a space that is too small says so", "[server][path]")
{
    std::array<char, 3> space;

    CHECK(percent_decode("a%20b", space, plus_sign::literal) == "a b");
    CHECK(percent_decode("a%20bc", space, plus_sign::literal) == std::nullopt);
    CHECK(percent_decode("a+b", space, plus_sign::literal) == "a+b");
}
