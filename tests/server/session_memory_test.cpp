// What clients can make the server hold for them (server/buffer_budget.hpp).
#include "server/buffer_budget.hpp"
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <chrono>
#include <exception>
#include <poll.h>
#include <string>
#include <thread>
#include <vector>

namespace latchkey::test {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// The least there can be: two bodies and two batches of answers, since a body grows by doubling.
test_server_options with_little_memory()
{
    test_server_options options;
    options.limits.buffer_bytes = 1;
    return options;
}

std::string announcing(std::size_t size)
{
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

// Within a moment.
bool is_answered(const http_client& client)
{
    pollfd watched{client.descriptor(), POLLIN, 0};
    return ::poll(&watched, 1, 50) > 0;
}

// Clients in the middle of a body, as many as it takes until one is refused.
std::vector<http_client> hoard(const test_server& server, const std::string& head, std::size_t size)
{
    std::vector<http_client> clients;
    for (int count = 0; count < 40; ++count) {
        clients.push_back(server.connect());
        clients.back().send(head + std::string(size, 'x'));
        if (is_answered(clients.back())) break;
    }
    return clients;
}

bool has_whole_answer(http_client& client, std::size_t size)
{
    try {
        const auto answer = client.read();
        return answer && answer->body.size() == size;
    } catch (const std::exception&) {
        return false; // cut off
    }
}

} // namespace

TEST_CASE("a share of the budget is what was asked for, and ends with its connection", "[server][memory]")
{
    shard_metrics counts;
    buffer_budget budget{100, &counts};
    buffer_budget::share one{budget};
    {
        buffer_budget::share other{budget};
        CHECK(one.hold(60));
        CHECK_FALSE(other.hold(41));
        CHECK(other.held() == 0);
        CHECK(counts.buffers_refused.value() == 1);
        CHECK(other.hold(40));
        CHECK_FALSE(one.hold(61));
        CHECK(one.held() == 60);
        CHECK(counts.buffered_bytes.value() == 100);
        one.keep(70); // no more than it had
        CHECK(one.held() == 60);
        one.keep(50);
        CHECK(other.hold(50));
    }
    CHECK(budget.held() == 50);
    CHECK(counts.buffered_bytes.value() == 50);
    CHECK(one.hold(100));
}

TEST_CASE("bodies that nobody finishes are refused when they fill the memory for them", "[server][memory]")
{
    const test_server server{with_little_memory()};
    const std::size_t size = 3 * mebibyte;
    const std::string head = GENERATE(as<std::string>{},
                                      announcing(3 * mebibyte + 1),
                                      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "300001\r\n");

    std::vector<http_client> clients = hoard(server, head, size);

    CHECK(clients.size() >= 2);
    CHECK(clients.size() <= 4);
    const auto refused = clients.back().read();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(refused->header("retry-after") == "1");
    CHECK(refused->closes());
    CHECK(refused->body == "{\"message\":\"The server is receiving too many large requests.\"}\n");

    // Those it has taken go on, and small bodies need none of it.
    if (head.find("Length") != std::string::npos) {
        clients.front().send("x");
        const auto whole = clients.front().read();
        REQUIRE(whole);
        CHECK(whole->body.size() == size + 1);
    }
    http_client other = server.connect();
    other.send(announcing(5) + "small");
    CHECK(other.read()->body == "small");
}

TEST_CASE("a body gives back what it held when it has been answered", "[server][memory]")
{
    const test_server server{with_little_memory()};
    http_client client = server.connect();

    for (int count = 0; count < 5; ++count) {
        client.send(announcing(4 * mebibyte) + std::string(4 * mebibyte, 'x'));
        const auto answer = client.read();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
}

TEST_CASE("answers that nobody reads end the connection when they fill the memory for them",
          "[server][memory]")
{
    const test_server server{with_little_memory()};
    std::vector<http_client> clients;
    for (int count = 0; count < 8; ++count) {
        clients.push_back(server.connect());
        clients.back().send("GET /large?" + std::to_string(7 * mebibyte) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{100});

    int whole = 0;
    for (http_client& client : clients) {
        if (has_whole_answer(client, 7 * mebibyte)) ++whole;
    }
    CHECK(whole >= 1);
    CHECK(whole < 8);
}

} // namespace latchkey::test
