#include "auth/pepper.hpp"
#include "tests/support/catch.hpp"

#include <string>

using namespace latchkey;

namespace {

const std::string first_pepper = "first-pepper-0123456789abcdefghij";
const std::string second_pepper = "second-pepper-0123456789abcdefghi";
const std::string printed_secret = "AbCdEfGhIjKlMnOpQrStUv";

key_record key_made_by(const pepper_set& peppers)
{
    key_record key;
    key.kind = peppers.current_kind();
    key.secret_digest = peppers.hash(printed_secret);
    return key;
}

bool matches(const pepper_set& peppers, const key_record& key, std::string_view sent)
{
    return pepper_set::matches(key, peppers.hashes_of(sent));
}

std::string numbered_peppers(std::size_t count)
{
    std::string text;
    for (std::size_t number = 0; number < count; ++number)
        text += first_pepper + std::to_string(number) + '\n';
    return text;
}

} // namespace

TEST_CASE("without peppers, secrets are stored as their SHA-256", "[auth][pepper]")
{
    const pepper_set none;
    CHECK(none.current_kind() == digest_kind::sha256);
    CHECK(none.hash(printed_secret) == sha256(printed_secret));
    CHECK(matches(none, key_made_by(none), printed_secret));
    CHECK_FALSE(matches(none, key_made_by(none), "AbCdEfGhIjKlMnOpQrStUw"));
}

TEST_CASE("keys outlive the introduction and the rotation of a pepper", "[auth][pepper]")
{
    const pepper_set none;
    const auto first = pepper_set::parse(first_pepper);
    const auto rotated = pepper_set::parse(second_pepper + "\n" + first_pepper + "\n");
    const auto second = pepper_set::parse(second_pepper);
    REQUIRE(first.has_value());
    REQUIRE(rotated.has_value());
    REQUIRE(second.has_value());

    CHECK(first->current_kind() == digest_kind::hmac_sha256);
    CHECK(first->hash(printed_secret) == hmac_sha256(first_pepper, printed_secret));
    CHECK(rotated->hash(printed_secret) == hmac_sha256(second_pepper, printed_secret));

    CHECK(matches(*first, key_made_by(none), printed_secret));       // made before there was a pepper
    CHECK(matches(*rotated, key_made_by(*first), printed_secret));   // made under the older one
    CHECK(matches(*rotated, key_made_by(*rotated), printed_secret)); // made under the current one
    CHECK(matches(*rotated, key_made_by(none), printed_secret));
    CHECK_FALSE(matches(*second, key_made_by(*first), printed_secret)); // that pepper was dropped
    CHECK_FALSE(matches(none, key_made_by(*first), printed_secret));
    CHECK_FALSE(matches(*rotated, key_made_by(*first), "another secret"));
}

TEST_CASE("a key made under the oldest of as many peppers as can be is good", "[auth][pepper]")
{
    const auto all = pepper_set::parse(numbered_peppers(pepper_set::most_peppers));
    const auto oldest = pepper_set::parse(first_pepper + std::to_string(pepper_set::most_peppers - 1));
    REQUIRE(all.has_value());
    REQUIRE(oldest.has_value());
    CHECK(matches(*all, key_made_by(*oldest), printed_secret));
    CHECK_FALSE(matches(*all, key_made_by(*oldest), "another secret"));
}

TEST_CASE("a digest matches only as the kind it was stored as", "[auth][pepper]")
{
    const auto peppers = pepper_set::parse(first_pepper);
    REQUIRE(peppers.has_value());

    key_record plain_as_hmac = key_made_by(pepper_set{});
    plain_as_hmac.kind = digest_kind::hmac_sha256;
    CHECK_FALSE(matches(*peppers, plain_as_hmac, printed_secret));

    key_record hmac_as_plain = key_made_by(*peppers);
    hmac_as_plain.kind = digest_kind::sha256;
    CHECK_FALSE(matches(*peppers, hmac_as_plain, printed_secret));
}

TEST_CASE("a key whose hash is gone matches no secret", "[auth][pepper]")
{
    const pepper_set none;
    key_record key = key_made_by(none);
    key.kind = digest_kind::wiped;
    CHECK_FALSE(matches(none, key, printed_secret));
}

TEST_CASE("a pepper file is read by lines, and its faults never show a pepper", "[auth][pepper]")
{
    struct row {
        std::string text;
        const char* fault; // empty: accepted
        const char* reason;
    };
    const row rows[] = {
        {first_pepper, "", "one line without an end"},
        {first_pepper + "\r\n" + second_pepper + "\r\n", "", "lines of another system"},
        {"\n" + first_pepper + "\n\n", "", "empty lines"},
        {std::string(32, 'p'), "", "just long enough"},
        {std::string(31, 'p'),
         "line 1 of the pepper file is too short: a pepper needs at least 32 characters",
         "one short"},
        {first_pepper + "\nCaNaRy\n",
         "line 2 of the pepper file is too short: a pepper needs at least 32 characters",
         "the second line"},
        {first_pepper + "\n" + first_pepper,
         "line 2 of the pepper file repeats an earlier pepper",
         "doubled"},
        {numbered_peppers(pepper_set::most_peppers), "", "as many as can be"},
        {numbered_peppers(pepper_set::most_peppers + 1),
         "line 9 of the pepper file is one too many: 8 peppers are the most",
         "one more"},
        {"", "the pepper file holds no pepper", "empty"},
        {"\n\r\n", "the pepper file holds no pepper", "only empty lines"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const auto peppers = pepper_set::parse(row.text);
        CHECK((peppers.has_value() ? std::string{} : peppers.error().text) == row.fault);
    }

    const auto dressed = pepper_set::parse("\n" + first_pepper + "\r\n");
    REQUIRE(dressed.has_value());
    CHECK(dressed->hash(printed_secret) ==
          hmac_sha256(first_pepper, printed_secret)); // the line end is no part of it
}
