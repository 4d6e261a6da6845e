// Requests of several connections that are there in one turn of a shard: received by one system call where
// io_uring is allowed, by one for each where it is not, and no client can tell which.
#include "tests/server/one_shard.hpp"
#include "tests/support/catch.hpp"

#include <functional>
#include <linux/sockios.h>
#include <string>
#include <sys/ioctl.h>
#include <utility>
#include <vector>

namespace latchkey::test {
namespace {

// Answers with the path.
class path_handler final : public request_handler {
public:
    std::function<void()> at_first; // before the first answer

    head_verdict answer_from_head(const request& what, output_buffer& out, bool keep_alive) override
    {
        if (at_first) std::exchange(at_first, nullptr)();
        response made;
        made.body = what.path;
        append_response(out, what, made, keep_alive);
        return head_verdict::answered;
    }

    void expect(std::string_view, lookup_comes) noexcept override {}

    task<response> answer(const request&) override { co_return response{}; }
};

struct receiving_case {
    explicit receiving_case(bool receives_together = true) : shard{handler, receives_together} {}

    path_handler handler;
    one_shard shard;

    std::string answers(const unique_descriptor& client)
    {
        shard.context.poll();
        std::string all;
        receive(client, all);
        return all;
    }
};

std::string request_for(const std::string& path, const std::string& header = {})
{
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n" + header + "\r\n";
}

// How many answers of this status.
std::size_t answers_in(const std::string& all, const std::string& status = "200 OK")
{
    const std::string line = "HTTP/1.1 " + status;
    std::size_t count = 0;
    for (std::size_t at = all.find(line); at != std::string::npos; at = all.find(line, at + 1))
        ++count;
    return count;
}

// What the client has sent and the server has not received.
int bytes_on_the_way(const unique_descriptor& client)
{
    int count = 0;
    REQUIRE(::ioctl(client.number(), SIOCOUTQ, &count) == 0);
    return count;
}

} // namespace

TEST_CASE("what several connections ask is received before the first is answered, with a ring",
          "[server][receiving]")
{
    receiving_case test{GENERATE(true, false)};
    const unique_descriptor first = test.shard.connect(request_for("/first"));
    const unique_descriptor second = test.shard.connect(request_for("/second"));
    int unseen = -1;
    test.handler.at_first = [&] { unseen = bytes_on_the_way(second); };

    CHECK(test.answers(first).ends_with("/first"));
    CHECK(test.answers(second).ends_with("/second"));
    CHECK((unseen == 0) == test.shard.ring.is_open());
}

TEST_CASE("whatever connections that are received for together have sent, each is served by itself",
          "[server][receiving]")
{
    receiving_case test{GENERATE(true, false)};
    const unique_descriptor whole = test.shard.connect(request_for("/whole"));
    const unique_descriptor half = test.shard.connect("GET /half HTTP/1.1\r\nHo");
    const unique_descriptor wrong = test.shard.connect("no request\r\n\r\n");
    const unique_descriptor two = test.shard.connect(request_for("/1") + request_for("/2"));
    const std::string filler = "X-Filler: " + std::string(800, 'x') + "\r\n";
    std::string many;
    for (int n = 0; n < 9; ++n)
        many += request_for("/many" + std::to_string(n), filler);
    const unique_descriptor more_than_fits = test.shard.connect(many);
    const unique_descriptor finished = test.shard.connect(request_for("/finished"));
    REQUIRE(::shutdown(finished.number(), SHUT_WR) == 0);
    const unique_descriptor silent = test.shard.connect("");
    REQUIRE(::shutdown(silent.number(), SHUT_WR) == 0);
    unique_descriptor gone = test.shard.connect(request_for("/gone"));
    gone = {};
    const unique_descriptor last = test.shard.connect(request_for("/last", "Connection: close\r\n"));

    const std::string one = test.answers(whole);
    CHECK(one.ends_with("/whole"));
    CHECK(answers_in(one) == 1);
    const std::string refusal = test.answers(wrong);
    CHECK(answers_in(refusal, "400 ") == 1);
    CHECK(answers_in(refusal) == 0);
    const std::string both = test.answers(two);
    CHECK(both.find("/1") < both.find("/2"));
    CHECK(both.ends_with("/2"));
    CHECK(answers_in(both) == 2);
    const std::string all = test.answers(more_than_fits);
    for (int n = 0; n < 9; ++n)
        CHECK(all.find("/many" + std::to_string(n)) != std::string::npos);
    CHECK(answers_in(all) == 9);
    CHECK(test.answers(finished).ends_with("/finished"));
    CHECK(is_at_end(finished));
    CHECK(test.answers(silent).empty());
    CHECK(is_at_end(silent));
    CHECK(test.answers(last).ends_with("/last"));
    CHECK(is_at_end(last));
    CHECK(test.shard.served[7].expired()); // gone

    CHECK(test.answers(half).empty());
    const std::string rest = "st: a\r\n\r\n";
    REQUIRE(::send(half.number(), rest.data(), rest.size(), 0) == static_cast<ssize_t>(rest.size()));
    CHECK(test.answers(half).ends_with("/half"));
}

TEST_CASE("more connections than are received for together are all served, in every turn",
          "[server][receiving]")
{
    receiving_case test{GENERATE(true, false)};
    std::vector<unique_descriptor> clients;
    for (std::size_t n = 0; n < 3 * socket_ring::most + 1; ++n)
        clients.push_back(test.shard.connect(request_for("/first")));
    for (const unique_descriptor& client : clients)
        CHECK(test.answers(client).ends_with("/first"));
    for (std::size_t n = 0; n < clients.size(); ++n) {
        const std::string next = request_for("/next" + std::to_string(n));
        REQUIRE(::send(clients[n].number(), next.data(), next.size(), 0) ==
                static_cast<ssize_t>(next.size()));
    }
    for (std::size_t n = 0; n < clients.size(); ++n) {
        const std::string answer = test.answers(clients[n]);
        CHECK(answer.ends_with("/next" + std::to_string(n)));
        CHECK(answers_in(answer) == 1);
    }
}

TEST_CASE("a connection that is closed while another is served is not served after it", "[server][receiving]")
{
    receiving_case test{GENERATE(true, false)};
    const unique_descriptor first = test.shard.connect(request_for("/first"));
    const unique_descriptor second = test.shard.connect(request_for("/second"));
    test.handler.at_first = [&] {
        if (const auto other = test.shard.served[1].lock()) other->close();
    };

    CHECK(test.answers(first).ends_with("/first"));
    CHECK(test.answers(second).empty());
    CHECK(is_at_end(second));
    CHECK(test.shard.served[1].expired());
}

TEST_CASE("a request that has been received is answered though the server stops", "[server][receiving]")
{
    receiving_case test;
    if (!test.shard.ring.is_open()) return; // nobody knows of what waits in a socket
    const unique_descriptor first = test.shard.connect(request_for("/first"));
    const unique_descriptor second = test.shard.connect(request_for("/second"));
    test.handler.at_first = [&] {
        test.shard.host.draining = true;
        if (const auto other = test.shard.served[1].lock()) other->close_if_idle();
    };

    CHECK(test.answers(first).ends_with("/first"));
    CHECK(test.answers(second).ends_with("/second"));
    CHECK(is_at_end(second));
}

} // namespace latchkey::test
