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
#include <vector>

namespace latchkey::test {

// For all tests: the kernel interrupts a thread for each ring of its own that was closed.
inline socket_ring& open_ring()
{
    static socket_ring ring;
    if (!ring.is_open() && !ring.open()) WARN("io_uring is not allowed here");
    return ring;
}

inline socket_ring& closed_ring()
{
    static socket_ring ring;
    return ring;
}

struct one_shard {
    explicit one_shard(request_handler& asked, bool uses_ring = true)
        : ring{uses_ring ? open_ring() : closed_ring()},
          handler{asked}
    {
        limits.head_bytes = 1024;
        limits.chunk_framing_bytes = 64;
        limits.input_bytes = 2048;
        limits.flush_bytes = 4096; // reached with every buffer of input
        asio::co_spawn(context, readiness::run(sockets), [](std::exception_ptr) {});
    }

    // The client's end of a connection on which `requests` have arrived. It has room for so many bytes of
    // answers or a little more: for all, if no wait for space is to be a turn for others.
    unique_descriptor connect(const std::string& requests, int room = 212'992)
    {
        std::array<int, 2> pair{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
        unique_descriptor client{pair[1]};
        REQUIRE(::setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room) == 0);
        auto added = std::make_shared<session>(unique_descriptor{pair[0]}, host, peer_address{{}, true});
        REQUIRE(::send(client.number(), requests.data(), requests.size(), 0) ==
                static_cast<ssize_t>(requests.size()));
        REQUIRE(added->begin());
        served.push_back(added);
        asio::co_spawn(context, session::run(std::move(added)), [](std::exception_ptr) {});
        return client;
    }

    asio::io_context context{1};
    socket_ring& ring;
    readiness sockets{context.get_executor(), ring};
    http_limits limits;
    buffer_budget buffers{limits.buffer_bytes};
    request_handler& handler;
    std::vector<std::weak_ptr<session>> served; // in the order of their coming
    exception_observer on_exception;
    session_host host{.where = context.get_executor(),
                      .sockets = sockets,
                      .ring = ring,
                      .limits = limits,
                      .buffers = buffers,
                      .handler = handler,
                      .on_exception = on_exception,
                      .now = std::chrono::steady_clock::now()};
};

// Whether the server has closed the connection, and all that it had sent has been received.
inline bool is_at_end(const unique_descriptor& client)
{
    char byte = 0;
    return ::recv(client.number(), &byte, 1, MSG_DONTWAIT) == 0;
}

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
