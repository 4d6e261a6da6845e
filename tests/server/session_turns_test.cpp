// Two connections on one shard without a thread: what each is given before it is the other's turn.
#include "server/session.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

namespace latchkey::test {
namespace {

// A coroutine that does not wait, as for most of the API.
class noting_handler final : public request_handler {
public:
    std::vector<char> asked;       // the last character of each path
    std::vector<std::string> told; // the last character of each token, behind how soon it was to come

    head_verdict answer_from_head(const request&, output_buffer&, bool) override
    {
        return head_verdict::wants_body;
    }
    void expect(std::string_view token, lookup_comes when) noexcept override
    {
        told.push_back((when == lookup_comes::later ? "later " : "next ") + std::string{token.back()});
    }
    task<response> answer(const request& what) override
    {
        asked.push_back(what.path.back());
        if (!what.session_token.empty()) told.push_back("asked " + std::string{what.session_token.back()});
        co_return response{};
    }
};

struct one_shard {
    one_shard()
    {
        limits.head_bytes = 1024;
        limits.chunk_framing_bytes = 64;
        limits.input_bytes = 2048;
        limits.flush_bytes = 4096; // reached with every buffer of input
    }

    // The client's end of a connection on which `requests` have arrived.
    unique_descriptor connect(const std::string& requests)
    {
        std::array<int, 2> pair{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
        unique_descriptor client{pair[1]};
        const int room = 212'992; // for all answers, so that no wait for space is a turn for others
        REQUIRE(::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
        auto served = std::make_shared<session>(unique_descriptor{pair[0]}, host, peer_address{{}, true});
        REQUIRE(::send(client.number(), requests.data(), requests.size(), 0) ==
                static_cast<ssize_t>(requests.size()));
        REQUIRE(served->begin());
        asio::co_spawn(context, session::run(std::move(served)), [](std::exception_ptr) {});
        return client;
    }

    asio::io_context context{1};
    readiness sockets{context.get_executor()};
    http_limits limits;
    buffer_budget buffers{limits.buffer_bytes};
    noting_handler handler;
    exception_observer on_exception;
    session_host host{.where = context.get_executor(),
                      .sockets = sockets,
                      .limits = limits,
                      .buffers = buffers,
                      .handler = handler,
                      .on_exception = on_exception,
                      .now = std::chrono::steady_clock::now()};
};

std::string requests_for(char name, std::size_t count)
{
    std::string all;
    for (std::size_t number = 0; number < count; ++number)
        all.append("GET /").append(1, name).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
    return all;
}

std::string requests_with_tokens(std::string_view names)
{
    std::string all;
    for (const char name : names)
        all.append("GET / HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: token-").append(1, name) += "\r\n\r\n";
    return all;
}

} // namespace

TEST_CASE("the handler is told of the tokens that have come before the first of them is asked",
          "[server][session]")
{
    one_shard shard;
    const unique_descriptor client = shard.connect(requests_with_tokens("abcd"));
    asio::co_spawn(shard.context, readiness::run(shard.sockets), [](std::exception_ptr) {});
    while (shard.handler.asked.size() < 4)
        REQUIRE(shard.context.poll() > 0);

    // The first one shows what the others will look like.
    CHECK(shard.handler.told == std::vector<std::string>{"asked a",
                                                         "later b",
                                                         "later c",
                                                         "later d",
                                                         "next b",
                                                         "next c",
                                                         "next d",
                                                         "asked b",
                                                         "asked c",
                                                         "asked d"});
}

TEST_CASE("of one token that has come alone, the handler is told once", "[server][session]")
{
    one_shard shard;
    const unique_descriptor client = shard.connect(requests_with_tokens("a"));
    asio::co_spawn(shard.context, readiness::run(shard.sockets), [](std::exception_ptr) {});
    for (std::size_t asked = 1; asked < 3; ++asked) {
        while (shard.handler.asked.size() < asked)
            REQUIRE(shard.context.poll() > 0);
        const std::string another = requests_with_tokens("b");
        REQUIRE(::send(client.number(), another.data(), another.size(), 0) > 0);
    }

    CHECK(shard.handler.told == std::vector<std::string>{"asked a", "later b", "asked b"});
}

// Found by a flood of clients that pipeline: whoever's batch was flushed, or had a handler, began a new turn.
TEST_CASE("who sends faster than it is answered leaves others their turn", "[server][session]")
{
    constexpr std::size_t greedy = 500; // some nine buffers
    one_shard shard;
    const unique_descriptor first = shard.connect(requests_for('a', greedy));
    const unique_descriptor second = shard.connect(requests_for('b', 1));
    asio::co_spawn(shard.context, readiness::run(shard.sockets), [](std::exception_ptr) {});

    while (shard.handler.asked.size() < greedy + 1)
        REQUIRE(shard.context.poll() > 0);

    const auto& asked = shard.handler.asked;
    const auto turn = std::find(asked.begin(), asked.end(), 'b') - asked.begin();
    CHECK(turn <= 400); // five buffers of 2 KiB: four, and the one that had begun
}

} // namespace latchkey::test
