#include "server/response.hpp"
#include "storage/utf8.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace latchkey::test {
namespace {

std::string render(const response& answer, http::verb method = http::verb::get, bool keep_alive = true)
{
    request asked;
    asked.method = method;
    asked.id = *parse_uuid("c42fdf75-3097-471c-8c33-fb52454d81c0");
    output_buffer out;
    append_response(out, asked, answer, keep_alive);
    return out;
}

bool has_line(const std::string& text, const std::string& line)
{
    return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

} // namespace

TEST_CASE("every answer has the common lines", "[server][response]")
{
    const std::string text = render({});

    CHECK(text.starts_with("HTTP/1.1 200 OK\r\nDate: "));
    CHECK(has_line(text, "Server: Latchkey/" LATCHKEY_VERSION));
    CHECK(has_line(text, "X-Content-Type-Options: nosniff"));
    CHECK(has_line(text, "X-Coder-Request-Id: c42fdf75-3097-471c-8c33-fb52454d81c0"));
    CHECK(has_line(text, "Content-Length: 0"));
    CHECK(text.find("Connection") == std::string::npos);
    CHECK(text.find("Content-Type:") == std::string::npos);
    CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("the date is in the one form that RFC 9110 lets a server send", "[server][response]")
{
    const std::string_view lines = common_header_lines();
    const std::string date{lines.substr(0, lines.find("\r\n"))};

    REQUIRE(date.size() == std::string{"Date: Sun, 06 Nov 1994 08:49:37 GMT"}.size());
    CHECK(date.substr(9, 2) == ", ");
    CHECK(date.ends_with(" GMT"));
}

TEST_CASE("a body has type and length, and HEAD gets both without the body", "[server][response]")
{
    response answer;
    answer.body = "{}\n";

    const std::string to_get = render(answer);
    const std::string to_head = render(answer, http::verb::head);

    CHECK(has_line(to_get, "Content-Type: application/json; charset=utf-8"));
    CHECK(has_line(to_get, "Content-Length: 3"));
    CHECK(to_get.ends_with("\r\n\r\n{}\n"));
    CHECK(to_get == to_head + "{}\n");
}

TEST_CASE("204 has neither body nor length", "[server][response]")
{
    response answer;
    answer.status = 204;
    answer.body = "ignored";

    const std::string text = render(answer);

    CHECK(text.starts_with("HTTP/1.1 204 No Content\r\n"));
    CHECK(text.find("Content-Length") == std::string::npos);
    CHECK(text.ends_with("\r\n\r\n"));
}

TEST_CASE("an unusual status has its reason, too", "[server][response]")
{
    response answer;
    answer.status = 428;
    CHECK(render(answer).starts_with("HTTP/1.1 428 Precondition Required\r\n"));
}

TEST_CASE("the end of a connection is announced", "[server][response]")
{
    response closing;
    closing.close = true;

    CHECK(has_line(render(closing), "Connection: close"));
    CHECK(has_line(render({}, http::verb::get, false), "Connection: close"));
}

TEST_CASE("CTL bytes do not pass into headers: a value cannot break out of its line", "[server][response]")
{
    response answer;
    answer.add_header("X-Name", "a\r\nSet-Cookie: b\x7f\tc");
    CHECK(answer.headers == "X-Name: a??Set-Cookie: b??c\r\n");
}

TEST_CASE("UTF-8 is told from what only looks like it", "[server][utf8]")
{
    struct row {
        std::string text;
        bool valid;
        const char* reason;
    };
    const row rows[] = {
        {"", true, "nothing"},
        {"plain text, longer than a word", true, "ASCII"},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x94\x91", true, "two, three and four bytes"},
        {"\xf4\x8f\xbf\xbf", true, "the last code point"},
        {"\x80", false, "a continuation alone"},
        {"\xc3", false, "cut off"},
        {"\xe2\x82", false, "cut off in the middle"},
        {"\xc0\x80", false, "overlong NUL"},
        {"\xe0\x80\xaf", false, "overlong slash"},
        {"\xf0\x80\x80\xaf", false, "overlong slash in four bytes"},
        {"\xed\xa0\x80", false, "surrogate"},
        {"\xf4\x90\x80\x80", false, "beyond the last code point"},
        {"\xff", false, "never a byte of UTF-8"},
        {"12345678\xff", false, "behind a whole word"},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason);
        CHECK(is_utf8(one.text) == one.valid);
    }
}

} // namespace latchkey::test
