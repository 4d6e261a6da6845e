#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/patience.hpp"

#include <chrono>
#include <string>

namespace latchkey::test {
namespace {

const std::string post_head = "POST /echo HTTP/1.1\r\nHost: a\r\n";

std::string get_of_size(std::size_t size)
{
    const std::string start = "GET /fast HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
}

std::string get_with_fields(std::size_t count)
{
    std::string bytes = "GET /fast HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t field = 1; field < count; ++field)
        bytes += "X-" + std::to_string(field) + ": y\r\n";
    return bytes + "\r\n";
}

std::string chunked(std::size_t size)
{
    char length[32];
    std::snprintf(length, sizeof length, "%zx\r\n", size);
    return post_head + "Transfer-Encoding: chunked\r\n\r\n" + length + std::string(size, 'x') +
           "\r\n0\r\n\r\n";
}

// Sends `bytes`, expects `status`, and the end of the connection if that is an error.
void expect(const test_server& server, const std::string& bytes, unsigned status)
{
    http_client client = server.connect();
    client.send(bytes);
    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->status == status);
    if (status < 400) return;
    CHECK(answer->closes());
    CHECK(answer->header("content-type") == "application/json; charset=utf-8");
    CHECK(answer->body.starts_with("{\"message\":\""));
    CHECK(client.is_closed());
}

} // namespace

TEST_CASE("the default limits of a head hold at the edge and one past it", "[server][limits]")
{
    const test_server server;

    expect(server, get_of_size(16 * 1024), 200);
    expect(server, get_of_size(16 * 1024 + 1), 431);
    expect(server, get_with_fields(100), 200);
    expect(server, get_with_fields(101), 431);
}

TEST_CASE("the default limit of a body holds at the edge and one past it", "[server][limits]")
{
    const test_server server;
    const std::size_t limit = 4 * 1024 * 1024;
    const auto announced = [](std::size_t size) {
        return post_head + "Content-Length: " + std::to_string(size) + "\r\n\r\n";
    };

    SECTION("with a length")
    {
        expect(server, announced(limit) + std::string(limit, 'x'), 200);
        expect(server, announced(limit + 1), 413);
        expect(server, announced(limit + 1) + std::string(limit + 1, 'x'), 413);
    }
    SECTION("in chunks")
    {
        expect(server, chunked(limit), 200);
        expect(server, chunked(limit + 1), 413);
    }
    SECTION("an expecting client is told before it sends")
    {
        expect(server,
               post_head + "Expect: 100-continue\r\nContent-Length: " + std::to_string(limit + 1) +
                   "\r\n\r\n",
               413);
    }
}

TEST_CASE("a small limit of a body holds for bodies that arrive with their head", "[server][limits]")
{
    test_server_options options;
    options.limits.body_bytes = 10;
    const test_server server{options};

    expect(server, post_head + "Content-Length: 10\r\n\r\n0123456789", 200);
    expect(server, post_head + "Content-Length: 11\r\n\r\n01234567890", 413);
    expect(server, chunked(10), 200);
    expect(server, chunked(11), 413);
}

TEST_CASE("a head that takes too long is answered 408", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    const test_server server{options};

    expect(server, "G", 408);
    expect(server, "GET /fast HTTP/1.1\r\nHost: a\r\n", 408);
}

TEST_CASE("a slow head is answered 408 behind requests that were answered", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    const test_server server{options};
    http_client client = server.connect();

    client.send("GET /fast HTTP/1.1\r\nHost: a\r\n\r\nGET /fa");

    CHECK(client.read()->status == 200);
    CHECK(client.read()->status == 408);
    CHECK(client.is_closed());
}

TEST_CASE("a body that takes too long is answered 408", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    const test_server server{options};

    expect(server, post_head + "Content-Length: 5\r\n\r\nhell", 408);
    expect(server, post_head + "Content-Length: 100000\r\n\r\n" + std::string(1000, 'x'), 408);
    expect(server, post_head + "Transfer-Encoding: chunked\r\n\r\n5\r\nhell", 408);
}

TEST_CASE("an idle connection is closed without a word", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    const test_server server{options};

    SECTION("before its first request")
    {
        http_client client = server.connect();
        CHECK(client.is_closed());
    }
    SECTION("between requests")
    {
        http_client client = server.connect();
        CHECK(client.request("GET", "/fast").status == 200);
        CHECK(client.is_closed());
    }
}

TEST_CASE("a client that does not read its answers is cut off", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    options.limits.connections = 1;
    const test_server server{options};
    http_client client = server.connect();

    client.send("GET /large?30000000 HTTP/1.1\r\nHost: a\r\n\r\n");

    // Others are refused with 503 until the server has given up on it, then there is room for one.
    REQUIRE(becomes_true([&] { return !server.connect().read(); }));
    CHECK_THROWS_WITH(client.read(), "the answer was cut off");
}

TEST_CASE("a client that reads steadily is not cut off, however long it takes", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    options.limits.bytes_per_second = 1024 * 1024;
    options.limits.write = 4 * options.limits.idle;
    const test_server server{options};
    http_client client = server.connect();

    client.send("GET /large?30000000 HTTP/1.1\r\nHost: a\r\n\r\n");

    for (int pause = 0; pause < 5; ++pause) {
        client.receive_at_least(4'000'000); // earns seconds
        http_client other = server.connect();
        CHECK(other.is_closed()); // once idle is over: five times that is longer than write
    }
    CHECK(client.read()->body.size() == 30'000'000);
}

TEST_CASE("a handler that takes too long loses its client, and nothing else", "[server][limits]")
{
    test_server_options options;
    options.limits = impatient_limits();
    options.limits.handling = std::chrono::milliseconds{50};
    test_server server{options};
    http_client client = server.connect();

    client.send("GET /gate HTTP/1.1\r\nHost: a\r\n\r\n");

    CHECK(client.is_closed());
    CHECK(server.connect().request("GET", "/fast").status == 200);
    server.open_gate();
    server.wait_for_handlers(0);
}

TEST_CASE("connections beyond the limit are told so and closed", "[server][limits]")
{
    test_server_options options;
    options.limits.connections = 2;
    const test_server server{options};
    http_client one = server.connect();
    http_client two = server.connect();
    CHECK(one.request("GET", "/fast").status == 200);
    CHECK(two.request("GET", "/fast").status == 200);

    http_client three = server.connect();
    const auto refused = three.read();

    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(refused->header("retry-after") == "1");
    CHECK(three.is_closed());
    CHECK(one.request("GET", "/fast").status == 200);
}

TEST_CASE("a connection that has ended makes room for another", "[server][limits]")
{
    test_server_options options;
    options.limits.connections = 1;
    const test_server server{options};

    for (int count = 0; count < 20; ++count) {
        http_client client = server.connect();
        client.send("GET /fast HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        client.finish_sending();
        REQUIRE(client.read()->status == 200);
        CHECK(client.is_closed());
    }
}

} // namespace latchkey::test
