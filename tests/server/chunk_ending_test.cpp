// The end of a chunked body, in three pieces.
#include "server/request_parser.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace latchkey::test {

// Found by fuzzing: "0\r\n" and one more byte ended the process by an assertion.
TEST_CASE("a chunked body without any chunk is read wherever it is cut twice", "[server][request_parser]")
{
    const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string_view all = "0\r\n\r\n";
    for (std::size_t first = 0; first <= all.size(); ++first) {
        for (std::size_t second = first; second <= all.size(); ++second) {
            CAPTURE(first, second);
            const http_limits limits;
            request asked;
            request_parser parser{asked, limits};
            REQUIRE(parser.read_head(head) == parse_progress::done);
            std::string body;
            std::size_t begin = 0;
            parse_progress progress = parse_progress::need_more;
            for (const std::size_t end : {first, second, all.size()}) {
                if (progress != parse_progress::need_more) break;
                std::size_t taken = 0;
                progress = parser.read_chunks(all.substr(begin, end - begin), body, taken);
                begin += taken;
            }

            CHECK(progress == parse_progress::done);
            CHECK(begin == all.size());
            CHECK(body.empty());
        }
    }
}

} // namespace latchkey::test
