// Inputs that have made two servers in a row disagree on where a request ends. For each: one answer, the
// right one, then the end of the connection, and nothing that came behind ever reaches a handler.
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>

namespace latchkey::test {
namespace {

struct attack {
    std::string head; // behind the request line and Host
    std::string rest; // behind the empty line
    unsigned status;
    const char* reason;
};

const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

const attack attacks[] = {
    {"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, 400, "CL.TE"},
    {"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n" + smuggled, 400, "TE.CL"},
    {"Content-Length: 0\r\nContent-Length: 37\r\n", smuggled, 400, "CL.CL, different"},
    {"Content-Length: 0\r\nContent-Length: 0\r\n", smuggled, 400, "CL.CL, equal"},
    {"Content-Length: 0, 37\r\n", smuggled, 400, "CL as a list"},
    {"Content-Length: +0\r\n", smuggled, 400, "signed"},
    {"Content-Length: 0x0\r\n", smuggled, 400, "hexadecimal"},
    {"Content-Length: 0 \r\n 37\r\n", smuggled, 400, "folded length"},
    {"Content-Length : 0\r\n", smuggled, 400, "space before the colon"},
    {"Content-Length\t: 0\r\n", smuggled, 400, "tab before the colon"},
    {"Content-Length:\x0b"
     "0\r\n",
     smuggled,
     400,
     "vertical tab before the number"},
    {"Transfer-Encoding: xchunked\r\n", smuggled, 501, "looks like chunked"},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n" + smuggled, 400, "TE.TE"},
    {"Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
     "0\r\n\r\n" + smuggled,
     501,
     "TE.TE, reversed"},
    {"Transfer-Encoding: identity, chunked\r\n", "0\r\n\r\n" + smuggled, 501, "identity first"},
    {"Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + smuggled, 501, "chunked is not last"},
    {"Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + smuggled, 400, "folded coding"},
    {"Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + smuggled, 400, "space before the colon"},
    {"Transfer-Encoding: chunked\n", "0\r\n\r\n" + smuggled, 400, "line feed alone"},
    {"X: y\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, 400, "hidden behind a line feed"},
    {"X: y\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, 400, "hidden behind a carriage return"},
    {"X: y\r\n\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, 400, "carriage return in front"},
    {" X: y\r\n", smuggled, 400, "space in front of a field"},
    {"Host: b\r\n", smuggled, 400, "two Hosts"},
    {"Transfer-Encoding: chunked\r\n", "0\n\n" + smuggled, 400, "chunk lines that end in line feeds"},
    {"Transfer-Encoding: chunked\r\n",
     "5\r\nhelloX\r\n0\r\n\r\n" + smuggled,
     400,
     "data longer than its size"},
    {"Transfer-Encoding: chunked\r\n",
     "1;a=\n\r\nx\r\n0\r\n\r\n" + smuggled,
     400,
     "line feed in an extension"},
    {"Transfer-Encoding: chunked\r\n", "ffffffffffffffff1\r\n" + smuggled, 400, "size that wraps"},
    {"Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n" + smuggled, 400, "size with prefix"},
    {"Transfer-Encoding: chunked\r\n", "0\r\nContent-Length: 37\r\n\r\n" + smuggled, 400, "CL in trailers"},
};

void expect_one_answer(const test_server& server, const std::string& bytes, unsigned status)
{
    http_client client = server.connect();
    client.send(bytes);
    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->status == status);
    CHECK(answer->closes());
    CHECK(client.is_closed());
}

} // namespace

TEST_CASE("nothing gets past the framing of a request", "[server][smuggling]")
{
    test_server server;
    for (const attack& one : attacks) {
        for (const std::string target : {"/echo", "/fast", "/ignore"}) {
            CAPTURE(one.reason, target);
            expect_one_answer(server,
                              "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + one.head + "\r\n" + one.rest,
                              one.status);
        }
    }
    CHECK(server.log().seen().empty());
}

TEST_CASE("chunks on HTTP/1.0 are refused", "[server][smuggling]")
{
    test_server server;
    expect_one_answer(
        server, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, 400);
    CHECK(server.log().seen().empty());
}

TEST_CASE("what is announced as a body is never taken for a request", "[server][smuggling]")
{
    test_server server;
    http_client client = server.connect();

    // Nobody waits for this body; when it comes after all, it meets a closed connection.
    client.send("POST /fast HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\n");
    REQUIRE(client.read()->closes());
    client.send(smuggled);

    CHECK(client.is_closed());
    CHECK(server.log().seen() == std::vector<std::string>{"/fast"});
}

TEST_CASE("malformed input behind good requests does not cost their answers", "[server][smuggling]")
{
    test_server server;
    http_client client = server.connect();

    client.send(
        "GET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /yield HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n");

    const auto answers = client.read_many(3);
    CHECK(answers[0].body == "/fast");
    CHECK(answers[1].body == "/yield");
    CHECK(answers[2].status == 400);
    CHECK(client.is_closed());
}

} // namespace latchkey::test
