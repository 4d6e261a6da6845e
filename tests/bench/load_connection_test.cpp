// The sending of the load generator: together with others, and what the server takes later.
#include "bench/load_connection.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <string_view>
#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace latchkey::bench {
namespace {

class silent_server {
public:
    silent_server()
    {
        address_.sin_family = AF_INET;
        address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address_;
        auto* const where = reinterpret_cast<sockaddr*>(&address_);
        REQUIRE(::bind(listener_.number(), where, size) == 0);
        REQUIRE(::listen(listener_.number(), 8) == 0);
        REQUIRE(::getsockname(listener_.number(), where, &size) == 0);
    }

    const sockaddr_in& address() const noexcept { return address_; }
    file_descriptor accept() const { return file_descriptor{::accept(listener_.number(), nullptr, nullptr)}; }

private:
    file_descriptor listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address_{};
};

std::size_t take_all(const file_descriptor& from)
{
    std::vector<char> buffer(1'000'000);
    std::size_t taken = 0;
    for (;;) {
        const ssize_t count = ::recv(from.number(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count <= 0) return taken;
        taken += static_cast<std::size_t>(count);
    }
}

void send_answer(const file_descriptor& on)
{
    constexpr std::string_view text = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    REQUIRE(::send(on.number(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

struct sending_load {
    sending_load()
    {
        if (GENERATE(true, false) && !ring.open()) WARN("io_uring is not allowed here");
    }

    silent_server server;
    load_tally tally;
    socket_ring ring;
    std::vector<char> space = std::vector<char>(100'000);
};

} // namespace

TEST_CASE("requests leave with those of other connections, and what is not taken at once leaves later",
          "[bench]")
{
    sending_load test;
    load_connection large{test.server.address(), false, test.tally, test.ring};
    const file_descriptor of_large = test.server.accept();
    load_connection small{test.server.address(), false, test.tally, test.ring};
    const file_descriptor of_small = test.server.accept();
    const std::string much(8'000'000, 'x');
    large.request(much, 1, steady_time::clock::now());
    small.request("small", 1, steady_time::clock::now());
    CHECK(take_all(of_small) == 0);

    test.ring.send_all();

    CHECK_FALSE(small.is_blocked());
    CHECK(take_all(of_small) == 5);
    REQUIRE(large.is_blocked());
    large.request("and more", 1, steady_time::clock::now());
    std::size_t taken = 0;
    while (taken < much.size() + 8) {
        taken += take_all(of_large);
        large.send_rest();
    }
    CHECK(taken == much.size() + 8);
    CHECK_FALSE(large.is_blocked());

    send_answer(of_large);
    send_answer(of_large);
    while (!large.is_idle())
        large.receive(test.space);
    CHECK(test.tally.latencies.count() == 2);
    CHECK_FALSE(small.is_idle());
}

TEST_CASE("a connection that has broken is noticed", "[bench]")
{
    sending_load test;
    load_connection broken{test.server.address(), false, test.tally, test.ring};
    load_connection other{test.server.address(), false, test.tally, test.ring};
    {
        const file_descriptor of_broken = test.server.accept();
        const linger reset{.l_onoff = 1, .l_linger = 0};
        REQUIRE(::setsockopt(of_broken.number(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    }
    const file_descriptor of_other = test.server.accept();
    broken.request("lost", 1, steady_time::clock::now());
    other.request("fine", 1, steady_time::clock::now());

    test.ring.send_all();

    CHECK_THROWS_AS(broken.check_sent(), std::system_error);
    CHECK_NOTHROW(other.check_sent());
    CHECK(take_all(of_other) == 4);
}

} // namespace latchkey::bench
