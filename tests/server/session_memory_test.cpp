// What clients can make the server hold for them (server/buffer_budget.hpp).
#include "server/buffer_budget.hpp"
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/patience.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace latchkey::test {
namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

struct scarce_server {
    metrics figures{1};
    const test_server server{options_with(figures)};

    // The least there can be: two bodies and two batches of answers, since a body grows by doubling.
    static test_server_options options_with(metrics& figures)
    {
        test_server_options options;
        options.limits.buffer_bytes = 1;
        options.figures = &figures;
        return options;
    }

    // Whether what it holds does so in time.
    bool comes_to(bool (*is_so)(std::uint64_t))
    {
        return becomes_true([&] { return is_so(figures.of_shard(0).buffered_bytes.value()); });
    }

    bool has_refused() { return figures.of_shard(0).buffers_refused.value() != 0; }

    // Clients who have sent this, as many as it takes until the server has refused one.
    std::vector<http_client> connect_until_refused(const std::string& bytes)
    {
        std::vector<http_client> clients;
        const auto refuses_one = [&] {
            if (clients.size() < 20) {
                clients.push_back(server.connect());
                clients.back().send(bytes);
            }
            return has_refused();
        };
        REQUIRE(becomes_true(refuses_one, std::chrono::milliseconds{20}));
        return clients;
    }
};

std::string announcing(std::size_t size)
{
    return "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

// The first of them that has been sent something.
http_client& answered_one(std::vector<http_client>& clients)
{
    const auto until = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < until) {
        for (http_client& client : clients) {
            pollfd watched{client.descriptor(), POLLIN, 0};
            if (::poll(&watched, 1, 10) > 0) return client;
        }
    }
    throw std::runtime_error{"nobody was answered"};
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
    scarce_server scarce;
    const std::size_t size = 3 * mebibyte;
    const std::string head = GENERATE(as<std::string>{},
                                      announcing(3 * mebibyte + 1),
                                      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                      "300001\r\n");

    std::vector<http_client> clients = scarce.connect_until_refused(head + std::string(size, 'x'));

    CHECK(clients.size() >= 3);
    const auto refused = answered_one(clients).read();
    REQUIRE(refused);
    CHECK(refused->status == 503);
    CHECK(refused->header("retry-after") == "1");
    CHECK(refused->closes());
    CHECK(refused->body == "{\"message\":\"The server has no memory for this request.\"}\n");

    // Small bodies need none of it.
    http_client other = scarce.server.connect();
    other.send(announcing(5) + "small");
    CHECK(other.read()->body == "small");
}

TEST_CASE("a handler that finds no memory is answered 503", "[server][memory]")
{
    test_server server;
    http_client client = server.connect();

    client.send("GET /starve HTTP/1.1\r\nHost: a\r\n\r\n");

    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->status == 503);
    CHECK(answer->header("retry-after") == "1");
    CHECK(server.log().thrown() == std::vector<std::string>{"std::bad_alloc"});
}

TEST_CASE("a body that is held goes on when others have been refused", "[server][memory]")
{
    scarce_server scarce;
    constexpr std::size_t size = 3 * mebibyte;
    http_client first = scarce.server.connect();
    first.send(announcing(size + 1) + std::string(size, 'x'));
    REQUIRE(scarce.comes_to([](std::uint64_t held) { return held >= size; }));

    const auto others = scarce.connect_until_refused(announcing(size + 1) + std::string(size, 'x'));
    first.send("x");

    const auto whole = first.read();
    REQUIRE(whole);
    CHECK(whole->status == 200);
    CHECK(whole->body.size() == size + 1);
}

TEST_CASE("a body gives back what it held when it has been answered", "[server][memory]")
{
    scarce_server scarce;
    http_client client = scarce.server.connect();

    for (int count = 0; count < 5; ++count) {
        client.send(announcing(4 * mebibyte) + std::string(4 * mebibyte, 'x'));
        const auto answer = client.read();
        REQUIRE(answer);
        CHECK(answer->status == 200);
    }
    CHECK_FALSE(scarce.has_refused());
    CHECK(scarce.comes_to([](std::uint64_t held) { return held == 0; }));
}

TEST_CASE("answers that nobody reads end the connection when they fill the memory for them",
          "[server][memory]")
{
    scarce_server scarce;
    const std::size_t size = 7 * mebibyte;

    std::vector<http_client> clients =
        scarce.connect_until_refused("GET /large?" + std::to_string(size) + " HTTP/1.1\r\nHost: a\r\n\r\n");

    const auto whole =
        std::ranges::count_if(clients, [](http_client& client) { return has_whole_answer(client, size); });
    CHECK(whole >= 1);
    CHECK(whole < std::ssize(clients));
}

} // namespace latchkey::test
