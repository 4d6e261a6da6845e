#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

namespace latchkey::test {
namespace {

std::string get_request(const std::string& target, const std::string& fields = {})
{
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post_request(const std::string& target, const std::string& body, const std::string& fields = {})
{
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + fields + "\r\n" + body;
}

std::vector<std::string> bodies_of(const std::vector<http_answer>& answers)
{
    std::vector<std::string> bodies;
    for (const http_answer& one : answers)
        bodies.push_back(one.body);
    return bodies;
}

} // namespace

TEST_CASE("a connection is kept for the next request", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    for (int round = 0; round < 3; ++round) {
        const http_answer answer = client.request("GET", "/fast?" + std::to_string(round));
        CHECK(answer.status == 200);
        CHECK(answer.body == "/fast?" + std::to_string(round));
        CHECK(answer.count("connection") == 0);
    }
}

TEST_CASE("each answer has a request id of its own and the lines that all answers have", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    const http_answer one = client.request("GET", "/fast");
    const http_answer other = client.request("POST", "/echo", {}, "x");

    for (const http_answer& answer : {one, other}) {
        const auto id = parse_uuid(answer.header("x-coder-request-id"));
        REQUIRE(id.has_value());
        CHECK(id->version() == boost::uuids::uuid::version_random_number_based);
        CHECK(answer.header("x-content-type-options") == "nosniff");
        CHECK(answer.header("server") == "Latchkey/" LATCHKEY_VERSION);
        CHECK(answer.count("date") == 1);
    }
    CHECK(one.header("x-coder-request-id") != other.header("x-coder-request-id"));
}

TEST_CASE("pipelined requests are answered in order, whoever has to wait", "[server][session]")
{
    test_server server;
    http_client client = server.connect();
    const std::string kinds[] = {"/fast", "/echo", "/yield", "/ignore"};
    std::string requests;
    std::vector<std::string> expected;
    for (int count = 0; count < 16; ++count) {
        const std::string target = kinds[count * 7 % 4] + "?" + std::to_string(count);
        requests += count % 3 == 0 ? post_request(target, "body") : get_request(target);
        const bool echoes = count % 3 == 0 && (target.starts_with("/echo") || target.starts_with("/yield"));
        expected.push_back(echoes ? "body" : target);
    }

    client.send(requests);

    CHECK(bodies_of(client.read_many(16)) == expected);
}

TEST_CASE("what is asked does not depend on where its bytes were cut", "[server][session]")
{
    test_server server;
    http_client client = server.connect();
    const std::string requests = "\r\n" + get_request("/fast?1") + post_request("/echo", "hello") +
                                 "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" +
                                 get_request("/yield?2");
    const std::vector<std::string> expected{"/fast?1", "hello", "abcde", "/yield?2"};

    for (std::size_t cut = 0; cut <= requests.size(); ++cut) {
        CAPTURE(cut);
        client.send(requests.substr(0, cut));
        client.send(requests.substr(cut));
        REQUIRE(bodies_of(client.read_many(4)) == expected);
    }
}

TEST_CASE("earlier answers leave while a later handler really waits", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    client.send(get_request("/fast?1") + get_request("/echo?2") + get_request("/gate") +
                get_request("/fast?3"));

    CHECK(bodies_of(client.read_many(2)) == std::vector<std::string>{"/fast?1", "/echo?2"});
    server.open_gate();
    CHECK(bodies_of(client.read_many(2)) == std::vector<std::string>{"/gate", "/fast?3"});
}

TEST_CASE("a body that does not fit into the buffer is collected", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    for (const std::size_t size : {20'000u, 32'000u, 33'000u, 1'000'000u}) {
        CAPTURE(size);
        const std::string body(size, 'b');
        CHECK(client.request("POST", "/echo", {{"Authorization", "Bearer x"}}, body).body == body);
    }
}

TEST_CASE("a body behind pipelined requests is collected", "[server][session]")
{
    test_server server;
    http_client client = server.connect();
    const std::string body(30'000, 'b');

    client.send(get_request("/fast?" + std::string(12'000, 'x')) + post_request("/echo", body) +
                post_request("/yield", body) + get_request("/fast?end"));

    const auto answers = client.read_many(4);
    CHECK(answers[1].body == body);
    CHECK(answers[2].body == body);
    CHECK(answers[3].body == "/fast?end");
}

TEST_CASE("HEAD is answered with the head alone", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    for (const std::string target : {"/fast", "/echo", "/yield"}) {
        const http_answer answer = client.request("HEAD", target);
        CHECK(answer.status == 200);
        CHECK(answer.header("content-length") == std::to_string(target.size()));
    }
    CHECK(client.request("GET", "/fast").body == "/fast");
}

TEST_CASE("204 has no body and keeps the connection", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    CHECK(client.request("DELETE", "/empty").status == 204);
    CHECK(client.request("GET", "/fast").status == 200);
}

TEST_CASE("the connection ends when the client asks for it", "[server][session]")
{
    test_server server;
    for (const std::string target : {"/fast", "/echo", "/yield", "/ignore"}) {
        CAPTURE(target);
        http_client client = server.connect();
        client.send(get_request(target, "Connection: close\r\n") + get_request("/fast?not-answered"));

        const auto answer = client.read();
        REQUIRE(answer);
        CHECK(answer->closes());
        CHECK(client.is_closed());
    }
    for (const std::string& target : server.log().seen())
        CHECK(target != "/fast?not-answered");
}

TEST_CASE("the connection ends when the handler asks for it", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    CHECK(client.request("GET", "/close").closes());
    CHECK(client.is_closed());
}

TEST_CASE("HTTP/1.0 is kept only on request, and told so", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    client.send("GET /fast HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const auto kept = client.read();
    client.send("GET /fast HTTP/1.0\r\n\r\n");
    const auto last = client.read();

    REQUIRE((kept && last));
    CHECK(kept->header("connection") == "keep-alive");
    CHECK(last->closes());
    CHECK(client.is_closed());
}

TEST_CASE("a client that has finished sending still gets all its answers", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    client.send(get_request("/fast?1") + get_request("/yield?2"));
    client.finish_sending();

    CHECK(bodies_of(client.read_many(2)) == std::vector<std::string>{"/fast?1", "/yield?2"});
    CHECK(client.is_closed());
}

TEST_CASE("100 Continue is sent if the body is wanted and not there yet", "[server][session]")
{
    test_server server;
    http_client client = server.connect();
    const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n";

    SECTION("with a length")
    {
        client.send(head + "Content-Length: 5\r\n\r\n");
        CHECK(client.read()->status == 100);
        client.send("hello");
        CHECK(client.read()->body == "hello");
    }
    SECTION("with chunks")
    {
        client.send(head + "Transfer-Encoding: chunked\r\n\r\n");
        CHECK(client.read()->status == 100);
        client.send("5\r\nhello\r\n0\r\n\r\n");
        CHECK(client.read()->body == "hello");
    }
    SECTION("not if the body has come along")
    {
        client.send(head + "Content-Length: 5\r\n\r\nhello");
        CHECK(client.read()->status == 200);
    }
    SECTION("not if there is none")
    {
        client.send(head + "Content-Length: 0\r\n\r\n");
        CHECK(client.read()->status == 200);
    }
    SECTION("not if nobody wants it")
    {
        client.send("POST /fast HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
        const auto answer = client.read();
        CHECK(answer->status == 200);
        CHECK(answer->closes());
    }
}

TEST_CASE("routes that decide from the head do not wait for a body", "[server][session]")
{
    test_server server;
    for (const std::string target : {"/fast", "/ignore", "/early"}) {
        for (const std::string field : {"Content-Length: 10\r\n",
                                        "Content-Length: 99999999999\r\n",
                                        "Transfer-Encoding: chunked\r\n"}) {
            CAPTURE(target, field);
            http_client client = server.connect();
            client.send(get_request(target, field));

            const auto answer = client.read();
            REQUIRE(answer);
            CHECK(answer->status == 200);
            CHECK(answer->closes());
            CHECK(client.is_closed());
        }
    }
}

TEST_CASE("a handler knows whether the body is there, and can be taken", "[server][session]")
{
    test_server_options options;
    options.limits.body_bytes = 4;
    test_server server{options};
    http_client client = server.connect();

    client.send(post_request("/early?1", "four") + post_request("/early?2", "fives"));

    CHECK(bodies_of(client.read_many(2)) == std::vector<std::string>{"four", "/early?2"});
}

TEST_CASE("a body nobody wants is skipped if it is there already", "[server][session]")
{
    test_server server;
    http_client client = server.connect();

    client.send(post_request("/fast?1", "GET /hidden HTTP/1.1\r\n\r\n") + post_request("/ignore?2", "body") +
                get_request("/fast?3", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n" +
                get_request("/fast?4"));

    CHECK(bodies_of(client.read_many(4)) ==
          std::vector<std::string>{"/fast?1", "/ignore?2", "/fast?3", "/fast?4"});
    CHECK(server.log().seen().size() == 4);
}

TEST_CASE("an exception from a handler is a 500 that says nothing, is reported, and ends the connection",
          "[server][session]")
{
    test_server server;
    for (const std::string target : {"/throw-early", "/throw"}) {
        CAPTURE(target);
        http_client client = server.connect();
        client.send(get_request("/fast") + get_request(target) + get_request("/fast?not-answered"));

        const auto answers = client.read_many(2);
        CHECK(answers[0].body == "/fast");
        CHECK(answers[1].status == 500);
        CHECK(answers[1].body == "{\"message\":\"An internal server error occurred.\"}\n");
        CHECK(answers[1].closes());
        CHECK(client.is_closed());
    }
    CHECK(server.log().thrown() == std::vector<std::string>{"thrown early", "thrown"});
}

TEST_CASE("large answers arrive whole, in a batch as well", "[server][session]")
{
    test_server server;
    http_client client = server.connect();
    std::string requests;
    for (int count = 0; count < 8; ++count)
        requests += get_request("/large?1000000");

    client.send(requests + get_request("/fast"));

    for (int count = 0; count < 8; ++count)
        CHECK(client.read()->body.size() == 1'000'000);
    CHECK(client.read()->body == "/fast");
}

} // namespace latchkey::test
