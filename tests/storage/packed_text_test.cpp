#include "storage/packed_text.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace latchkey::test {

using namespace std::string_literals;

TEST_CASE("a packed text is the text that it was made of, in one word")
{
    STATIC_REQUIRE(sizeof(packed_text) == sizeof(void*));
    const std::string whole(70'000, 'x');
    for (const std::string& text : {""s, "a"s, "caf\xc3\xa9"s, "one\0two"s, whole}) {
        const packed_text packed = text;
        CHECK(packed.view() == text);
        CHECK(packed == text);
        CHECK_FALSE(packed == text + "b");
        CHECK(packed.empty() == text.empty());
    }
    CHECK(packed_text{} == "");
    CHECK(packed_text{"one"} == std::string_view{"one"});
    CHECK_FALSE(packed_text{"one"} == packed_text{"on"});
}

TEST_CASE("a copy of a packed text lives on without it, and a moved one takes its place")
{
    packed_text first = "first";
    packed_text copy = first;
    const packed_text moved = std::move(first);
    CHECK(moved == "first");

    copy = packed_text{"second"};
    CHECK(copy == "second");
    CHECK(moved == "first");

    const packed_text& itself = copy;
    copy = itself;
    CHECK(copy == "second");
    copy = packed_text{};
    CHECK(copy.empty());
}

TEST_CASE("a packed text takes its length and its characters on the heap, and nothing when empty")
{
    CHECK(packed_text{}.heap_size() == 0);
    CHECK(packed_text{"token"}.heap_size() == 4 + 5);
}

} // namespace latchkey::test
