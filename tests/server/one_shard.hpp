// Connections on one shard without a thread: the test says when it runs, and how far.
#pragma once

#include "server/session.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>

namespace latchkey::test {

struct one_shard {
    explicit one_shard(request_handler& asked) : handler{asked}
    {
        limits.head_bytes = 1024;
        limits.chunk_framing_bytes = 64;
        limits.input_bytes = 2048;
        limits.flush_bytes = 4096; // reached with every buffer of input
        asio::co_spawn(context, readiness::run(sockets), [](std::exception_ptr) {});
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
    request_handler& handler;
    exception_observer on_exception;
    session_host host{.where = context.get_executor(),
                      .sockets = sockets,
                      .limits = limits,
                      .buffers = buffers,
                      .handler = handler,
                      .on_exception = on_exception,
                      .now = std::chrono::steady_clock::now()};
};

// Adds what has arrived at the client's end.
inline void receive(const unique_descriptor& client, std::string& answers)
{
    std::array<char, 16 * 1024> buffer{};
    for (;;) {
        const ssize_t count = ::recv(client.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count <= 0) return;
        answers.append(buffer.data(), static_cast<std::size_t>(count));
    }
}

} // namespace latchkey::test
