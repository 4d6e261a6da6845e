#include "auth/base64.hpp"
#include "auth/password.hpp"
#include "tests/support/catch.hpp"

#include <cmath>

using namespace latchkey;

namespace {

secret_text secret_of(std::string text)
{
    return secret_text{std::move(text)};
}

// Made with libargon2 20171227, argon2id_hash_encoded, password and salt as named.
const std::string horse = "correct horse battery staple"; // salt "sixteen byte key"
const std::string horse_stored =
    "$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlIGtleQ$gstpbsyziVigKVfAxWfD5TO+yB7j9sC3+YAMAaKNZ5g";
const std::string horse_stored_weakly =
    "$argon2id$v=19$m=64,t=1,p=1$c2l4dGVlbiBieXRlIGtleQ$aa1HDIX+1BH4WgahD/+U0ZmL1IhFn7/ZLxi4JXhUlPw";

} // namespace

TEST_CASE("unpadded base64 goes out and comes back, and has one text for each value", "[auth][base64]")
{
    struct row {
        std::string bytes;
        const char* text;
    };
    const row rows[] = {{"", ""},
                        {"f", "Zg"},
                        {"fo", "Zm8"},
                        {"foo", "Zm9v"},
                        {"foob", "Zm9vYg"},
                        {"fooba", "Zm9vYmE"},
                        {"foobar", "Zm9vYmFy"},
                        {"\xfb\xff", "+/8"}};
    for (const row& row : rows) {
        CAPTURE(row.text);
        const std::vector<std::uint8_t> bytes{row.bytes.begin(), row.bytes.end()};
        std::string text;
        append_base64(text, bytes);
        CHECK(text == row.text);
        CHECK(decode_base64(row.text) == bytes);
    }
    for (const char* refused : {"Z", "Zg==", "Zh", "Zm9", "Zm9v\n", "-_8", " Zg", "Zm9vY"}) {
        CAPTURE(refused);
        CHECK_FALSE(decode_base64(refused).has_value());
    }
}

TEST_CASE("a password matches its own hash and no other does", "[auth][password]")
{
    const secret_text right = secret_of(horse);
    const std::string stored = hash_password(right);

    CHECK(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    CHECK(stored.size() == 31 + 22 + 1 + 43);
    CHECK(verify_password(right, stored));
    CHECK_FALSE(verify_password(secret_of("correct horse battery stable"), stored));
    CHECK_FALSE(verify_password(secret_of(""), stored));
    CHECK(hash_password(right) != stored); // another salt
    CHECK_FALSE(needs_rehash(stored));
}

TEST_CASE("hashes of the reference library are understood", "[auth][password]")
{
    CHECK(verify_password(secret_of(horse), horse_stored));
    CHECK_FALSE(verify_password(secret_of("wrong"), horse_stored));
    CHECK_FALSE(needs_rehash(horse_stored));

    CHECK(verify_password(secret_of(horse), horse_stored_weakly));
    CHECK(needs_rehash(horse_stored_weakly));
}

TEST_CASE("a damaged or absurd stored hash matches nothing", "[auth][password]")
{
    const std::string salt = "c2l4dGVlbiBieXRlIGtleQ";
    const std::string hash(43, 'A');
    struct row {
        std::string stored;
        const char* reason;
    };
    const row rows[] = {
        {"", "empty, as of a user without a password"},
        {horse, "the password itself"},
        {"$pbkdf2-sha256$65535$AAAA$AAAA", "another scheme"},
        {horse_stored.substr(0, horse_stored.size() - 1), "cut short"},
        {horse_stored + "A", "too long"},
        {horse_stored + "=", "padded"},
        {"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + hash, "an old version"},
        {"$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + hash, "another variant"},
        {"$argon2id$v=19$m=4294967295,t=1,p=1$" + salt + "$" + hash, "more memory than there is"},
        {"$argon2id$v=19$m=64,t=4294967295,p=1$" + salt + "$" + hash, "would never end"},
        {"$argon2id$v=19$m=64,t=1,p=4294967295$" + salt + "$" + hash, "too many lanes, and overflow"},
        {"$argon2id$v=19$m=99999999999,t=1,p=1$" + salt + "$" + hash, "no number of 32 bits"},
        {"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + hash, "less than Argon2 needs"},
        {"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + hash, "a leading zero"},
        {"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + hash, "no pass at all"},
        {"$argon2id$v=19$m=-64,t=1,p=1$" + salt + "$" + hash, "negative"},
        {"$argon2id$v=19$m=64,t=1,p=1$$" + hash, "no salt"},
        {"$argon2id$v=19$m=64,t=1,p=1$" + salt, "no hash"},
        {"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$", "an empty hash"},
        {"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + hash + "$", "something behind"},
    };
    for (const row& row : rows) {
        CAPTURE(row.stored, row.reason);
        CHECK(needs_rehash(row.stored));
        CHECK_FALSE(verify_password(secret_of(horse), row.stored));
    }
}

TEST_CASE("a password's entropy is its effective length times the bits of its classes", "[auth][password]")
{
    struct row {
        const char* password;
        double base;
        double length;
        const char* reason;
    };
    const row rows[] = {
        {"xhtm", 26, 4, "lower case"},
        {"XhTm", 52, 4, "both cases"},
        {"Xh7m", 62, 4, "and digits"},
        {"x!", 26 + 5, 2, "characters that replace letters"},
        {"x-", 26 + 5, 2, "characters that separate words"},
        {"x#", 26 + 22, 2, "other special characters"},
        {"x!-#", 26 + 32, 4, "all three"},
        {"x\u00e9", 26 + 1, 3, "a foreign character counts once in the base, by its bytes in the length"},
        {"\u00e9\u00e9", 1, 4, "the same foreign character twice: nothing to guess"},
        {"\u00e9\u00e8", 2, 4, "two foreign characters"},
        {"xxxxxx", 26, 2, "a run counts as two"},
        {"xxhxx", 26, 5, "short runs count in full"},
        {"abcdefgh", 26, 2, "the alphabet counts as two"},
        {"zyxwvuts", 26, 2, "also backwards"},
        {"0123456789", 10, 2, "digits in a row"},
        {"9876543210", 10, 2, "digits backwards"},
        {"qwertyuiop", 26, 2, "a row of the keyboard"},
        {"lkjhgfdsa", 26, 2, "another one, backwards"},
        {"abcxyz", 26, 4, "two sequences"},
        {"acegik", 26, 6, "neighbours only"},
    };
    for (const row& row : rows) {
        CAPTURE(row.password, row.reason);
        CHECK(password_entropy(row.password) == Approx(row.length * std::log2(row.base)));
    }
    CHECK(password_entropy("") == 0);
}

TEST_CASE("a weak password is refused with advice that names what it lacks", "[auth][password]")
{
    struct row {
        const char* password;
        const char* text; // empty: may be used
        const char* reason;
    };
    const row rows[] = {
        {"SomeSecurePassword!", "", "the one of Coder's own tests"},
        {"correct horse battery staple", "", "long enough without variety"},
        {"",
         "insecure password, try including more special characters, using lowercase letters, "
         "using uppercase letters, using numbers or using a longer password",
         "lacks everything"},
        {"password",
         "insecure password, try including more special characters, using uppercase letters, "
         "using numbers or using a longer password",
         "lower case only"},
        {"PASS_1",
         "insecure password, try including more special characters, using lowercase letters "
         "or using a longer password",
         "one class of special characters of three"},
        {"aB1!_#", "insecure password, try using a longer password", "all classes, only short"},
        {"abcdefghijklmnopqrstuvwxyz",
         "insecure password, try including more special characters, using uppercase letters, "
         "using numbers or using a longer password",
         "long, but a sequence"},
    };
    for (const row& row : rows) {
        CAPTURE(row.password, row.reason);
        CHECK(password_fault(row.password).value_or("") == row.text);
    }
}

TEST_CASE("a password needs 52 bits and has at most 64 characters", "[auth][password]")
{
    CHECK(password_entropy("xhtmqbvkdrw") < 52); // eleven lower-case letters: 51.7
    CHECK(password_fault("xhtmqbvkdrw").has_value());
    CHECK_FALSE(password_fault("xhtmqbvkdrwz").has_value()); // twelve: 56.4

    std::string longest;
    while (longest.size() < 64)
        longest += "xhtmqbvk";
    CHECK_FALSE(password_fault(longest).has_value());
    CHECK(password_fault(longest + "x") == "password must be no more than 64 characters");
}
