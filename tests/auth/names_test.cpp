#include "auth/names.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace latchkey;

TEST_CASE("a username is words of letters and digits joined by single hyphens", "[auth][names]")
{
    struct row {
        std::string name;
        const char* message; // empty: may be used
        const char* reason;
    };
    const row rows[] = {
        {"alice", "", "plain"},
        {"A", "", "one character"},
        {"a-1-B", "", "hyphens between"},
        {std::string(32, 'a'), "", "the longest"},
        {std::string(33, 'a'), "must be <= 32 characters", "one too long"},
        {"", "must be >= 1 character", "empty"},
        {"new", "cannot use \"new\" as a name", "reserved"},
        {"New", "cannot use \"new\" as a name", "reserved in every case form"},
        {"create", "cannot use \"create\" as a name", "reserved"},
        {"CREATE", "cannot use \"create\" as a name", "reserved in every case form"},
        {"me", "cannot use \"me\" as a name", "routes call the caller so"},
        {"First", "cannot use \"first\" as a name", "a route, in every case form"},
        {"validate-password", "cannot use \"validate-password\" as a name", "a route"},
        {"first-user", "", "only starts like a route"},
        {"news", "", "only starts like a reserved name"},
        {"-a", "must be alphanumeric with hyphens", "hyphen first"},
        {"a-", "must be alphanumeric with hyphens", "hyphen last"},
        {"a--b", "must be alphanumeric with hyphens", "two hyphens"},
        {"-", "must be alphanumeric with hyphens", "only a hyphen"},
        {"a_b", "must be alphanumeric with hyphens", "underscore"},
        {"a b", "must be alphanumeric with hyphens", "space"},
        {"a.b", "must be alphanumeric with hyphens", "dot"},
        {"\u00e9", "must be alphanumeric with hyphens", "beyond ASCII"},
        {std::string{"a\0b", 3}, "must be alphanumeric with hyphens", "NUL"},
    };
    for (const row& row : rows) {
        CAPTURE(row.name, row.reason);
        CHECK(username_fault(row.name).value_or("") == row.message);
    }
}

TEST_CASE("a real name is short and has no space around it", "[auth][names]")
{
    CHECK_FALSE(real_name_fault("").has_value());
    CHECK_FALSE(real_name_fault("Ada King, Countess of Lovelace").has_value());
    CHECK_FALSE(real_name_fault(std::string(128, 'a')).has_value());
    CHECK(real_name_fault(std::string(129, 'a')) == "must be <= 128 characters");
    for (const char* padded : {" Ada", "Ada ", "Ada\n", "\tAda", " "}) {
        CAPTURE(padded);
        CHECK(real_name_fault(padded) == "must not have leading or trailing white space");
    }
}

TEST_CASE("an email address has one at sign between two dotted parts", "[auth][names]")
{
    for (const char* accepted :
         {"a@b", "ada@example.com", "ada.king+keys@mail.example.com", "\u00e9@example.com"}) {
        CAPTURE(accepted);
        CHECK(is_email_address(accepted));
    }
    struct row {
        std::string text;
        const char* reason;
    };
    const row rows[] = {
        {"", "empty"},
        {"ada", "no at sign"},
        {"@example.com", "nobody"},
        {"ada@", "nowhere"},
        {"a@b@c", "two at signs"},
        {"ada king@example.com", "space"},
        {"ada@example.com ", "space at the end"},
        {"ada@example.com\n", "a line end would forge a header"},
        {std::string{"ada\0@example.com", 16}, "NUL"},
        {"ada\x7f@example.com", "control character"},
        {".ada@example.com", "dot first"},
        {"ada@example..com", "two dots"},
        {"ada@example.com.", "dot last"},
        {"Ada <ada@example.com>", "a name with an address is no address"},
        {"a@b,c@d", "two addresses"},
    };
    for (const row& row : rows) {
        CAPTURE(row.text, row.reason);
        CHECK_FALSE(is_email_address(row.text));
    }
    std::string longest = "ada@";
    longest.resize(254, 'x');
    CHECK(is_email_address(longest));
    CHECK_FALSE(is_email_address(longest.append("x")));
}

TEST_CASE("a generated token name is adjective, underscore, surname and nine digits", "[auth][names]")
{
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
        const std::string name = generate_token_name();
        CAPTURE(name);
        std::size_t at = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz");
        REQUIRE(at != std::string::npos);
        REQUIRE(at > 0);
        CHECK(name[at] == '_');
        const std::size_t digits = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at + 1);
        REQUIRE(digits != std::string::npos);
        CHECK(digits > at + 1);
        CHECK(name.size() - digits == 9);
        CHECK(name.find_first_not_of("0123456789", digits) == std::string::npos);
        seen.insert(name);
    }
    CHECK(seen.size() == 200); // two of 200 alike in 3.6 million million: 1 in 180 million
}
