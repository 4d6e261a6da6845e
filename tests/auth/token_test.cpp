#include "auth/token.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace latchkey;

TEST_CASE("a minted token is printed, parsed and named alike", "[auth][token]")
{
    const minted_token minted = mint_token();
    const secret_text printed = print_token(minted.id, minted.secret);

    CHECK(printed.size() == 33);
    const parsed_token parsed = parse_token(printed.expose());
    REQUIRE(parsed);
    CHECK(parsed.id == minted.id.view());
    CHECK(parsed.secret == minted.secret.expose());
    CHECK(key_id::parse(parsed.id) == minted.id);
    CHECK(parsed.id.data() == printed.expose().data()); // a view, not a copy
}

TEST_CASE("tokens of 131 random bits: minted ones differ and use the whole alphabet, nothing else",
          "[auth][token]")
{
    std::set<std::string> ids;
    std::set<char> characters;
    for (int i = 0; i < 500; ++i) {
        const minted_token minted = mint_token();
        CHECK(ids.insert(std::string{minted.id.view()}).second);
        const std::string_view secret = minted.secret.expose();
        characters.insert(secret.begin(), secret.end());
    }
    const bool is_alphanumeric = std::all_of(characters.begin(), characters.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    });
    CHECK(is_alphanumeric);
    CHECK(characters.size() == 62); // 11,000 characters miss one of 62 with a chance of 10^-76
}

TEST_CASE("an id begins as the store wants it, and the rest is drawn", "[auth][token]")
{
    std::set<std::string> ids;
    for (int i = 0; i < 100; ++i) {
        const minted_token minted = mint_token("aZ9");
        CHECK(minted.id.view().starts_with("aZ9"));
        CHECK(ids.insert(std::string{minted.id.view()}).second);
    }
}

TEST_CASE("a token of the wrong format is told by its first fault", "[auth][token]")
{
    struct row {
        const char* token;
        const char* detail;
        const char* reason;
    };
    const row rows[] = {
        {"", "Invalid API key format: incorrect amount of API key parts, expected 2 got 1", "empty"},
        {"nodash", "Invalid API key format: incorrect amount of API key parts, expected 2 got 1", "no dash"},
        {"a-b-c",
         "Invalid API key format: incorrect amount of API key parts, expected 2 got 3",
         "two dashes"},
        {"0123456789-0123456789012345678901-",
         "Invalid API key format: incorrect amount of API key parts, expected 2 got 3",
         "an empty part is a part"},
        {"-", "Invalid API key format: invalid API key ID length, expected 10 got 0", "both empty: id first"},
        {"012345678-0123456789012345678901",
         "Invalid API key format: invalid API key ID length, expected 10 got 9",
         "id one short"},
        {"01234567890-0123456789012345678901",
         "Invalid API key format: invalid API key ID length, expected 10 got 11",
         "id one long"},
        {"0123456789-012345678901234567890",
         "Invalid API key format: invalid API key secret length, expected 22 got 21",
         "secret one short"},
        {"0123456789-01234567890123456789012",
         "Invalid API key format: invalid API key secret length, expected 22 got 23",
         "secret one long"},
        {"0123456789-",
         "Invalid API key format: invalid API key secret length, expected 22 got 0",
         "no secret"},
        {"01234567\u00e9-0123456789012345678901", "", "lengths are in bytes"},
    };
    for (const row& row : rows) {
        CAPTURE(row.token, row.reason);
        const parsed_token parsed = parse_token(row.token);
        CHECK(static_cast<bool>(parsed) == (*row.detail == '\0'));
        CHECK(detail_text(parsed.fault) == row.detail);
        if (!parsed) CHECK((parsed.id.empty() && parsed.secret.empty()));
    }
}

TEST_CASE("characters outside the alphabet parse by length, and then name no key", "[auth][token]")
{
    const parsed_token parsed = parse_token("!!!!!!!!!!-0123456789012345678901");
    REQUIRE(parsed);
    CHECK_FALSE(key_id::parse(parsed.id).has_value());
}

TEST_CASE("the detail of a bad token holds no byte of it", "[auth][token]")
{
    const std::string canary = "CaNaRyCaNaRy";
    for (const std::string& token :
         {canary, canary + "-x", "0123456789-" + canary, canary + "-" + canary + "-"}) {
        CHECK(detail_text(parse_token(token).fault).find("CaNaRy") == std::string::npos);
    }
}

TEST_CASE("a secret is hashed plainly without a pepper, and by HMAC under one", "[auth][token]")
{
    CHECK(hash_secret("abc", "") == sha256("abc"));
    CHECK(hash_secret("abc", "pepper") == hmac_sha256("pepper", "abc"));
    CHECK(hash_secret("abc", "pepper") != sha256("abc"));
}
