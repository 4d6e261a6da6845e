// The ring that receives and sends for several sessions by one system call: each ends as recv(2) or send(2)
// would have ended it.
#include "server/listening_socket.hpp"
#include "server/socket_ring.hpp"
#include "tests/server/one_shard.hpp"
#include "tests/support/catch.hpp"

#include <array>
#include <cerrno>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <vector>

namespace latchkey::test {
namespace {

class outgoing final : public socket_ring::sender {
public:
    explicit outgoing(std::string bytes) : bytes_{std::move(bytes)}
    {
        std::array<int, 2> pair{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) == 0);
        own_ = unique_descriptor{pair[0]};
        peer_ = unique_descriptor{pair[1]};
    }

    int socket() const noexcept override { return own_.number(); }
    std::string_view unsent() const noexcept override { return bytes_; }
    void on_sent(ssize_t count) noexcept override { counts.push_back(count); }

    std::string arrived() const
    {
        std::string all(1'000'000, '\0');
        const ssize_t count = ::recv(peer_.number(), all.data(), all.size(), MSG_DONTWAIT);
        all.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
        return all;
    }

    // Sends until nothing more fits.
    void fill() const
    {
        const std::string much(100'000, 'x');
        while (::send(own_.number(), much.data(), much.size(), MSG_NOSIGNAL) > 0) {
        }
    }

    int peer() const noexcept { return peer_.number(); }
    void lose_peer() { peer_ = {}; }
    void lose_own() { own_ = {}; }

    std::vector<ssize_t> counts;

private:
    std::string bytes_;
    unique_descriptor own_;
    unique_descriptor peer_;
};

using told = std::vector<ssize_t>;

socket_ring& either_ring()
{
    return GENERATE(true, false) ? open_ring() : closed_ring();
}

} // namespace

TEST_CASE("nothing is sent before all is, and then each sender's own", "[server][socket_ring]")
{
    const std::size_t count = GENERATE(1, 2, 3, 16);
    socket_ring& ring = either_ring();
    const bool is_open = ring.is_open();
    std::list<outgoing> all;
    for (std::size_t n = 0; n < count; ++n)
        ring.add(all.emplace_back("of sender " + std::to_string(n)));
    for (const outgoing& one : all)
        CHECK(one.arrived().empty());

    ring.send_all();

    std::size_t n = 0;
    for (const outgoing& one : all) {
        CHECK(one.arrived() == "of sender " + std::to_string(n++));
        CHECK(one.counts == told{static_cast<ssize_t>(one.unsent().size())});
    }
    CHECK(ring.is_open() == is_open); // it has not failed
    ring.send_all();                  // nothing again
    CHECK(all.front().counts.size() == 1);
}

TEST_CASE("each send has an end of its own", "[server][socket_ring]")
{
    socket_ring& ring = either_ring();
    outgoing before{"before"};
    outgoing full{"full"};
    outgoing lost{"lost"};
    outgoing large{std::string(5'000'000, 'l')};
    outgoing after{"after"};
    full.fill();
    lost.lose_peer();
    for (outgoing* const one : {&before, &full, &lost, &large, &after})
        ring.add(*one);

    ring.send_all();

    CHECK(before.counts == told{6});
    CHECK(full.counts == told{-EAGAIN});
    CHECK(lost.counts == told{-EPIPE}); // and no signal
    REQUIRE(large.counts.size() == 1);
    CHECK(large.counts[0] > 0);
    CHECK(large.counts[0] < 5'000'000);
    CHECK(large.arrived().size() == static_cast<std::size_t>(large.counts[0]));
    CHECK(after.counts == told{5});
    CHECK(after.arrived() == "after");
}

TEST_CASE("more senders than go together are all sent for, the first ones sooner", "[server][socket_ring]")
{
    socket_ring& ring = either_ring();
    std::list<outgoing> all;
    for (std::size_t n = 0; n < 2 * socket_ring::most + 3; ++n)
        ring.add(all.emplace_back("x"));
    CHECK(all.front().counts == told{1});
    CHECK(all.back().counts.empty());

    ring.send_all();

    for (const outgoing& one : all)
        CHECK(one.counts == told{1});
}

TEST_CASE("what was sent is told before more of the same sender is taken", "[server][socket_ring]")
{
    socket_ring& ring = either_ring();
    outgoing one{"1"};
    outgoing other{"2"};
    for (int round = 1; round <= 100; ++round) {
        ring.add(one);
        ring.add(other);
        ring.send_all();
        REQUIRE(one.counts.size() == static_cast<std::size_t>(round));
    }
    CHECK(one.arrived() == std::string(100, '1'));
    CHECK(other.arrived() == std::string(100, '2'));
}

TEST_CASE("each receiving has an end of its own", "[server][socket_ring]")
{
    socket_ring& ring = either_ring();
    const bool is_open = ring.is_open();
    outgoing one{"of one"};
    outgoing silent{""};
    outgoing ended{""};
    outgoing other{"of another"};
    for (outgoing* const who : {&one, &other})
        ring.add(*who);
    ring.send_all();
    ended.lose_own();
    std::array<std::array<char, 8>, 4> spaces{};
    std::array<socket_ring::inlet, 4> inlets{{{one.peer(), spaces[0]},
                                              {silent.peer(), spaces[1]},
                                              {ended.peer(), spaces[2]},
                                              {other.peer(), spaces[3]}}};
    socket_ring::counts received{};

    ring.receive(inlets, received);

    CHECK(received[0] == 6);
    CHECK(std::string_view{spaces[0].data(), 6} == "of one");
    CHECK(received[1] == -EAGAIN);
    CHECK(received[2] == 0);
    CHECK(received[3] == 8); // what there is space for
    CHECK(std::string_view{spaces[3].data(), 8} == "of anoth");

    ring.receive(std::span{inlets}.last(1), received);
    CHECK(received[0] == 2);
    ring.receive({}, received); // of nobody
    CHECK(ring.is_open() == is_open);
}

} // namespace latchkey::test
