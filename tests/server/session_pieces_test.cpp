// Answers that are made while they are sent (server/body_rest.hpp).
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace latchkey::test {
namespace {

std::string
asking_for(std::string_view target, std::string_view version = "1.1", std::string_view method = "GET")
{
    std::string bytes{method};
    return bytes.append(" ").append(target).append(" HTTP/").append(version).append("\r\nHost: a\r\n\r\n");
}

} // namespace

TEST_CASE("a body in pieces comes in chunks, and the connection goes on", "[server][pieces]")
{
    const test_server server;
    http_client client = server.connect();

    client.send(asking_for("/pieces?3") + asking_for("/fast") + asking_for("/pieces?0"));

    const auto answers = client.read_many(3);
    CHECK(answers[0].header("transfer-encoding") == "chunked");
    CHECK(answers[0].count("content-length") == 0);
    CHECK(answers[0].body == "first piece 3 piece 2 piece 1 ");
    CHECK(answers[1].body == "/fast");
    CHECK(answers[2].body == "first ");
}

TEST_CASE("HTTP/1.0 has no chunks: the body ends with the connection", "[server][pieces]")
{
    const test_server server;
    http_client client = server.connect();

    client.send(asking_for("/pieces?2", "1.0"));

    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->closes());
    CHECK(answer->count("transfer-encoding") == 0);
    CHECK(answer->body == "first piece 2 piece 1 ");
}

TEST_CASE("HEAD is told of pieces, and sent none", "[server][pieces]")
{
    const test_server server;
    http_client client = server.connect();

    client.send(asking_for("/pieces?2", "1.1", "HEAD") + asking_for("/fast"));

    const auto head = client.read(true);
    REQUIRE(head);
    CHECK(head->header("transfer-encoding") == "chunked");
    CHECK(client.read()->body == "/fast");
}

TEST_CASE("a body that cannot be completed does not look complete", "[server][pieces]")
{
    const test_server server;
    const std::string version = GENERATE("1.0", "1.1");
    http_client client = server.connect();

    client.send(asking_for("/torn?2", version));

    if (version == "1.1") CHECK_THROWS_WITH(client.read(), "the answer was cut off");
    if (version == "1.0") CHECK(client.read()->body == "first piece 2 piece 1 "); // nobody could tell
    CHECK(server.connect().request("GET", "/fast").status == 200);
}

TEST_CASE("a client that takes its time is sent a body of any length, and holds no more than a piece of it",
          "[server][pieces]")
{
    test_server_options options;
    options.limits.buffer_bytes = 1;
    const test_server server{options};
    http_client client = server.connect();
    constexpr int count = 1'000'000; // some 13 MB: more than there is memory for

    client.send(asking_for("/pieces?" + std::to_string(count)));

    client.receive_at_least(100'000);
    CHECK(server.connect().request("GET", "/fast").status == 200); // others have their turn
    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->body.ends_with(" piece 2 piece 1 "));
}

} // namespace latchkey::test
