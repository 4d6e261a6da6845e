#include "storage/records.hpp"
#include "storage/text_hash.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

TEST_CASE("every form of UUID that Go parses is accepted, and nothing else", "[storage][records]")
{
    const std::string canonical = "c42fdf75-3097-471c-8c33-fb52454d81c0";
    for (const char* accepted : {"c42fdf75-3097-471c-8c33-fb52454d81c0",
                                 "C42FDF75-3097-471C-8C33-FB52454D81C0",
                                 "c42fdf753097471c8c33fb52454d81c0",
                                 "{c42fdf75-3097-471c-8c33-fb52454d81c0}",
                                 "urn:uuid:c42fdf75-3097-471c-8c33-fb52454d81c0",
                                 "URN:UUID:c42fdf75-3097-471c-8c33-fb52454d81c0"}) {
        CAPTURE(accepted);
        const auto id = parse_uuid(accepted);
        REQUIRE(id.has_value());
        CHECK(to_string(*id) == canonical);
    }
    for (const char* refused : {"",
                                "me",
                                "c42fdf75-3097-471c-8c33-fb52454d81c",
                                "c42fdf75-3097-471c-8c33-fb52454d81c00",
                                "c42fdf75+3097-471c-8c33-fb52454d81c0",
                                "g42fdf75-3097-471c-8c33-fb52454d81c0",
                                "(c42fdf75-3097-471c-8c33-fb52454d81c0)",
                                "c42fdf753097-471c-8c33-fb52454d81c0-"}) {
        CAPTURE(refused);
        CHECK_FALSE(parse_uuid(refused).has_value());
    }
}

TEST_CASE("a key id is exactly ten characters of the alphabet", "[storage][records]")
{
    REQUIRE(key_id::parse("0aZ9bY8cX7").has_value());
    CHECK(key_id::parse("0aZ9bY8cX7")->view() == "0aZ9bY8cX7");
    CHECK_FALSE(key_id::parse("0aZ9bY8cX").has_value());
    CHECK_FALSE(key_id::parse("0aZ9bY8cX77").has_value());
    CHECK_FALSE(key_id::parse("0aZ9bY8c-7").has_value());
    CHECK_FALSE(key_id::parse(std::string_view{"0aZ9bY8c\0X", 10}).has_value());

    constexpr std::string_view alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (unsigned code = 0; code < 256; ++code) {
        for (std::size_t at = 0; at < key_id::length; ++at) {
            std::string text = "0aZ9bY8cX7";
            text[at] = static_cast<char>(code);
            const bool is_good = alphabet.find(text[at]) != std::string_view::npos;
            CAPTURE(code, at);
            REQUIRE(key_id::parse(text).has_value() == is_good);
            REQUIRE(hashed_id::parse(text).has_value() == is_good);
        }
    }
}

TEST_CASE("An id is searched for by all ten characters, however it was come by")
{
    const key_id id = *key_id::parse("abcdefghij");
    const std::optional<hashed_id> parsed = hashed_id::parse("abcdefghij");
    REQUIRE(parsed);
    CHECK(parsed->id() == id);
    CHECK(parsed->is(id));
    CHECK(parsed->hash() == hash_of(id));
    CHECK(hashed_id::unchecked("abcdefghij-more").hash() == hash_of(id));
    for (std::size_t at = 0; at < key_id::length; ++at) {
        key_id other = id;
        other.characters[at] = 'X';
        CHECK_FALSE(parsed->is(other));
        CHECK_FALSE(hash_of(other) == hash_of(id));
    }
}

TEST_CASE("A UUID is printed in lower case with dashes, whatever its bytes")
{
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned first = 0; first < 256; ++first) {
        uuid id{};
        std::string expected;
        for (std::size_t at = 0; at < 16; ++at) {
            id.data[at] = static_cast<std::uint8_t>(first + 17 * at);
            if (at == 4 || at == 6 || at == 8 || at == 10) expected += '-';
            expected += digits[id.data[at] >> 4];
            expected += digits[id.data[at] & 15];
        }
        REQUIRE(to_string(id) == expected);
    }
}

TEST_CASE("Two key ids are equal only if all ten characters are")
{
    const auto id = key_id::parse("abcdefghij");
    REQUIRE(id.has_value());
    CHECK(*id == *key_id::parse("abcdefghij"));
    for (std::size_t at = 0; at < key_id::length; ++at) {
        key_id other = *id;
        other.characters[at] = 'X';
        CHECK_FALSE(*id == other);
    }
}
