#include "server/request_parser.hpp"
#include "server/revision_header.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace latchkey::test {
namespace {

revision least_in(const std::string& lines)
{
    const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
    const http_limits limits;
    request asked;
    request_parser parser{asked, limits};
    REQUIRE(parser.read_head(head) == parse_progress::done);
    return asked.least_revision;
}

} // namespace

TEST_CASE("a wanted revision is a number; whatever else it is, nothing that is kept will do",
          "[server][revision]")
{
    struct row {
        const char* value;
        revision least;
    };
    for (const row& one : {row{"0", 0},
                           row{"1764129600123456", 1'764'129'600'123'456},
                           row{"9223372036854775807", no_kept_revision},
                           row{"9223372036854775808", no_kept_revision},
                           row{"", no_kept_revision},
                           row{"-1", no_kept_revision},
                           row{"+1", no_kept_revision},
                           row{"1x", no_kept_revision},
                           row{"1, 2", no_kept_revision},
                           row{"0x1", no_kept_revision}}) {
        CAPTURE(one.value);
        CHECK(parse_least_revision(one.value) == one.least);
        CHECK(least_in("x-latchkey-min-revision: " + std::string{one.value} + " \r\n") == one.least);
    }
}

TEST_CASE("of several wanted revisions the greatest counts, of none any", "[server][revision]")
{
    const std::string name = "X-Latchkey-Min-Revision: ";
    CHECK(least_in("") == any_revision);
    CHECK(least_in(name + "7\r\n" + name + "5\r\n") == 7);
    CHECK(least_in(name + "5\r\n" + name + "7\r\n") == 7);
    CHECK(least_in(name + "5\r\n" + name + "soon\r\n") == no_kept_revision);
}

TEST_CASE("a change that verifications need not care for hands out no revision", "[server][revision]")
{
    response answer;
    add_revision(answer, any_revision);
    CHECK(answer.headers.empty());
    add_revision(answer, 1'764'129'600'123'456);
    CHECK(answer.headers == "X-Latchkey-Revision: 1764129600123456\r\n");
}

} // namespace latchkey::test
