#include "server/access_log.hpp"
#include "server/log.hpp"
#include "server/request_parser.hpp"
#include "server/trace_context.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"

#include <string>

namespace latchkey::test {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string parent = "00f067aa0ba902b7";

trace_context trace_of(const std::string& lines)
{
    static std::string head; // what the request's views point into
    head = "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
    request parsed;
    const http_limits limits;
    request_parser parser{parsed, limits};
    REQUIRE(parser.read_head(head) == parse_progress::done);
    return parsed.trace;
}

} // namespace

TEST_CASE("a traceparent of the specification's is taken apart", "[server][trace]") // W3C Trace Context 3.2.2
{
    for (const std::string& value : {"00-" + trace + "-" + parent + "-01",
                                     "00-" + trace + "-" + parent + "-00",
                                     "cc-" + trace + "-" + parent + "-01",
                                     "cc-" + trace + "-" + parent + "-01-what-the-future-will-be-like"}) {
        CAPTURE(value);
        CHECK(parse_traceparent(value).trace_id == trace);
        CHECK(parse_traceparent(value).parent_id == parent);
    }
}

TEST_CASE("any other traceparent is as good as none", "[server][trace]")
{
    const std::string upper = "4BF92F3577B34DA6A3CE929D0E0E4736";
    for (const std::string& value : {std::string{},
                                     "00-" + trace + "-" + parent,
                                     "00-" + trace + "-" + parent + "-0",
                                     "00-" + trace + "-" + parent + "-01-more",
                                     "cc-" + trace + "-" + parent + "-01.more",
                                     "ff-" + trace + "-" + parent + "-01",
                                     "0x-" + trace + "-" + parent + "-01",
                                     "00-" + upper + "-" + parent + "-01",
                                     "00-" + std::string(32, '0') + "-" + parent + "-01",
                                     "00-" + trace + "-" + std::string(16, '0') + "-01",
                                     "00_" + trace + "-" + parent + "-01",
                                     "00-" + trace + "-" + parent + "-\"1"}) {
        CAPTURE(value);
        CHECK(parse_traceparent(value).trace_id.empty());
        CHECK(parse_traceparent(value).parent_id.empty());
    }
}

TEST_CASE("a request has the trace of its one traceparent line, in any case", "[server][trace]")
{
    const std::string value = "00-" + trace + "-" + parent + "-01";
    CHECK(trace_of("").trace_id.empty());
    CHECK(trace_of("traceparent: " + value + "\r\n").trace_id == trace);
    CHECK(trace_of("TraceParent: " + value + "\r\n").parent_id == parent);
    CHECK(trace_of("traceparent: " + value + "\r\ntraceparent: " + value + "\r\n").trace_id.empty());
}

TEST_CASE("a line for a request says which trace it belongs to", "[server][trace]")
{
    const fake_clock time;
    std::string said;
    const logger log{log_level::info, log_format::json, time, [&](std::string_view line) { said = line; }};
    request asked;
    asked.trace = {.trace_id = trace, .parent_id = parent};

    access_log{log, request_logging::all}.write(asked, 200, {});

    CHECK_THAT(said, Catch::Contains("\"trace_id\":\"" + trace + "\""));
    CHECK_THAT(said, Catch::Contains("\"parent_id\":\"" + parent + "\""));
}

} // namespace latchkey::test
