#include "auth/crypto.hpp"
#include "storage/hex_text.hpp"
#include "tests/support/catch.hpp"

#include <set>
#include <string>

using namespace latchkey;

TEST_CASE("SHA-256 gives the published digests", "[auth][crypto]")
{
    // FIPS 180-4 examples, and the empty text.
    CHECK(to_hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(to_hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("HMAC-SHA-256 gives the digests of RFC 4231, also after another key", "[auth][crypto]")
{
    CHECK(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    CHECK(to_hex(hmac_sha256(std::string(131, '\xaa'),
                             "Test Using Larger Than Block-Size Key - Hash Key First")) ==
          "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
          "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("Argon2id gives what the reference library gives", "[auth][crypto]")
{
    // Made with libargon2 20171227, argon2id_hash_raw(t=3, m=32, p=4, "password", "somesalt"). RFC 9106's own
    // vector needs associated data, which this door does not open.
    const std::string salt = "somesalt";
    const std::span<const std::uint8_t> salt_bytes{reinterpret_cast<const std::uint8_t*>(salt.data()),
                                                   salt.size()};
    CHECK(to_hex(argon2id("password", salt_bytes, 32, 3, 4)) ==
          "bb0cc80a3e671149526915418c6eefe761bb19d5d2d567a017703e0cea6ab05c");
}

TEST_CASE("digests and texts are equal only when every byte is", "[auth][crypto]")
{
    const digest one = sha256("abc");
    for (std::size_t i = 0; i < one.size(); ++i) {
        digest other = one;
        CHECK(equal_in_constant_time(one, other));
        other[i] ^= 1;
        CHECK_FALSE(equal_in_constant_time(one, other));
    }
    CHECK(equal_in_constant_time(std::string_view{"same"}, std::string_view{"same"}));
    CHECK_FALSE(equal_in_constant_time(std::string_view{"same"}, std::string_view{"sane"}));
    CHECK_FALSE(equal_in_constant_time(std::string_view{"same"}, std::string_view{"same "}));
    CHECK_FALSE(equal_in_constant_time(std::string_view{}, std::string_view{"same"}));
}

TEST_CASE("random numbers stay below their bound and reach every value", "[auth][crypto]")
{
    std::set<std::uint32_t> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::uint32_t drawn = random_below(7);
        REQUIRE(drawn < 7);
        seen.insert(drawn);
    }
    CHECK(seen.size() == 7); // misses one with a chance of 10^-66
    CHECK(random_below(1) == 0);
}

TEST_CASE("random UUIDs are of version 4 and differ", "[auth][crypto]")
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string text = to_string(random_uuid());
        CHECK(text[14] == '4');
        CHECK(std::string{"89ab"}.find(text[19]) != std::string::npos);
        CHECK(seen.insert(text).second);
    }
}
