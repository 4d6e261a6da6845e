#include "auth/quoted_text.hpp"
#include "tests/support/catch.hpp"

#include <vector>

using namespace latchkey;

TEST_CASE("quoted text can neither end its quotes nor hide anything", "[auth][quoted_text]")
{
    struct row {
        std::string text;
        const char* quoted;
        const char* reason;
    };
    const row rows[] = {
        {"", R"("")", "empty"},
        {"plain", R"("plain")", "plain"},
        {"a\"b\\c", R"("a\"b\\c")", "quotes and backslashes"},
        {"\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")", "controls that have a letter"},
        {std::string{"\0\x01\x1f\x7f", 4}, R"("\x00\x01\x1f\x7f")", "controls that have none"},
        {"gr\u00fc\u00df \u65e5\u672c \U0001f511",
         "\"gr\u00fc\u00df \u65e5\u672c \U0001f511\"",
         "UTF-8 stays"},
        {"\xff\xc3", R"("\xff\xc3")", "not UTF-8, cut short"},
        {"\xc0\xaf", R"("\xc0\xaf")", "overlong"},
        {"\xe0\x80\xaf", R"("\xe0\x80\xaf")", "overlong in three bytes"},
        {"\xed\xa0\x80", R"("\xed\xa0\x80")", "a surrogate"},
        {"\xf4\x90\x80\x80", R"("\xf4\x90\x80\x80")", "beyond Unicode"},
        {"a\u0085b", R"("a\u0085b")", "a control character beyond ASCII"},
        {"a\u202eb", R"("a\u202eb")", "turns the direction of writing"},
        {"a\u200bb", R"("a\u200bb")", "invisible"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        CHECK(in_quotes(row.text) == row.quoted);
    }
}

TEST_CASE("a list is printed in brackets, as Go does", "[auth][quoted_text]")
{
    const auto bracketed = [](const std::vector<std::string>& texts) {
        std::string out;
        append_bracketed(out, texts);
        return out;
    };
    CHECK(bracketed({}) == "[]");
    CHECK(bracketed({"a"}) == "[a]");
    CHECK(bracketed({"a", "b"}) == "[a b]");
}
