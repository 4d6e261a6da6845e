// Pipelined requests whose heads repeat (request::found): those that have arrived together are asked
// together, and nobody can tell but by the time it takes.
#include "tests/server/one_shard.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::test {
namespace {

using gate_timer = asio::
    basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

// Knows some tokens, and is asked for the others until their gate opens. A token is a letter.
class gated_handler final : public request_handler {
public:
    std::string known; // answered from the head
    std::string closing;
    std::string throwing;
    std::string asked;
    bool marks_heads = true;

    head_verdict answer_from_head(const request& what, output_buffer& out, bool keep_alive) override
    {
        if (marks_heads && !what.found) what.found = {credential_source::session_header, what.session_token};
        const char token = what.session_token.back();
        if (known.find(token) == std::string::npos) return head_verdict::ignores_body;
        append_response(out, what, answer_to(what), keep_alive);
        return head_verdict::answered;
    }

    void expect(std::string_view, lookup_comes) noexcept override {}

    task<response> answer(const request& what) override
    {
        const char token = what.session_token.back();
        asked.push_back(token);
        const executor where = co_await asio::this_coro::executor;
        gate_timer own{where, gate_timer::time_point::max()};
        waiting_[token] = &own;
        auto waiting = own.async_wait(asio::as_tuple(asio::use_awaitable_t<executor>{}));
        co_await std::move(waiting);
        waiting_.erase(token);
        if (throwing.find(token) != std::string::npos) throw std::runtime_error{"thrown"};
        response made = answer_to(what);
        made.close = closing.find(token) != std::string::npos;
        co_return made;
    }

    void open(std::string_view tokens)
    {
        for (const auto& [token, gate_of_it] : waiting_)
            if (tokens.find(token) != std::string::npos) gate_of_it->cancel();
    }

private:
    static response answer_to(const request& what)
    {
        response made;
        made.body = what.found ? what.found.text : what.session_token;
        return made;
    }

    std::map<char, gate_timer*> waiting_;
};

std::string request_with(char token, std::string_view path = "/")
{
    return std::string{"GET "}.append(path).append(" HTTP/1.1\r\nHost: a\r\nCoder-Session-Token: ") + token +
           "\r\n\r\n";
}

std::string requests_with(std::string_view tokens)
{
    std::string all;
    for (const char token : tokens)
        all += request_with(token);
    return all;
}

struct alike_case {
    gated_handler handler;
    one_shard shard{handler};
    std::string received;

    void run() { shard.context.poll(); }

    // The bodies of all answers so far; '!' for one that is an error.
    std::string answers(const unique_descriptor& client)
    {
        run();
        receive(client, received);
        std::string bodies;
        for (std::size_t at = 0; (at = received.find("\r\n\r\n", at)) != std::string::npos;) {
            at += 4;
            bodies.push_back(received[at] == '{' ? '!' : received[at]);
        }
        return bodies;
    }

    bool is_closed(const unique_descriptor& client)
    {
        run();
        char byte = 0;
        return ::recv(client.number(), &byte, 1, MSG_DONTWAIT) == 0;
    }
};

} // namespace

TEST_CASE("requests that are alike and have arrived together are asked together, and answered in their order",
          "[server][session]")
{
    alike_case test;
    const unique_descriptor client = test.shard.connect(requests_with("abcd"));
    test.run();
    CHECK(test.handler.asked == "abcd");

    test.handler.open("dcb");
    CHECK(test.answers(client).empty());
    test.handler.open("a");
    CHECK(test.answers(client) == "abcd");

    std::set<std::string> ids;
    const std::string field = "X-Coder-Request-Id: ";
    for (std::size_t at = 0; (at = test.received.find(field, at)) != std::string::npos;)
        ids.insert(test.received.substr(at += field.size(), 36));
    CHECK(ids.size() == 4);
}

TEST_CASE("of requests that are alike, those that the head answers are answered in their place",
          "[server][session]")
{
    alike_case test;
    test.handler.known = "ace";
    const unique_descriptor client = test.shard.connect(requests_with("abcde"));
    CHECK(test.answers(client) == "a");
    CHECK(test.handler.asked == "bd");

    test.handler.open("bd");
    CHECK(test.answers(client) == "abcde");
}

TEST_CASE("no more than sixteen requests of a connection are asked at a time", "[server][session]")
{
    const std::string tokens = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN";
    alike_case test;
    const unique_descriptor client = test.shard.connect(requests_with(tokens.substr(0, 32)));
    for (const std::size_t asked : {16, 32}) {
        test.run();
        CHECK(test.handler.asked == tokens.substr(0, asked));
        test.handler.open(tokens);
    }
    CHECK(test.answers(client) == tokens.substr(0, 32));
}

TEST_CASE("of all connections of a shard, no more are asked ahead of their turn than the limit says",
          "[server][session]")
{
    alike_case test;
    test.shard.limits.followers = 4;
    const unique_descriptor first = test.shard.connect(requests_with("abcd"));
    test.run();
    const unique_descriptor second = test.shard.connect(requests_with("efgh"));
    test.run();
    CHECK(test.handler.asked == "abcdef");

    test.handler.open("abcdef");
    CHECK(test.answers(first) == "abcd");
    CHECK(test.handler.asked == "abcdefgh");
    test.handler.open("gh");
    test.received.clear();
    CHECK(test.answers(second) == "efgh");
    CHECK(test.shard.host.followers == 0);
}

TEST_CASE("a request that has another head, or has not arrived whole, waits for those before it",
          "[server][session]")
{
    const std::string last = request_with('d');
    alike_case test;
    const unique_descriptor client =
        test.shard.connect(requests_with("ab") + request_with('c', "/other") + last.substr(0, 20));
    test.run();
    CHECK(test.handler.asked == "ab");
    test.handler.open("ab");
    CHECK(test.answers(client) == "ab");
    CHECK(test.handler.asked == "abc");
    REQUIRE(::send(client.number(), last.data() + 20, last.size() - 20, 0) > 0);
    test.run();
    CHECK(test.handler.asked == "abc");
    test.handler.open("c");
    test.run();
    CHECK(test.handler.asked == "abcd");
    test.handler.open("d");
    CHECK(test.answers(client) == "abcd");
}

TEST_CASE("requests that the handler does not mark as independent of each other are asked one by one",
          "[server][session]")
{
    alike_case test;
    test.handler.marks_heads = false;
    const unique_descriptor client = test.shard.connect(requests_with("ab"));
    test.run();
    CHECK(test.handler.asked == "a");
    test.handler.open("a");
    test.run();
    CHECK(test.handler.asked == "ab");
}

TEST_CASE("behind an answer that ends the connection nothing is answered", "[server][session]")
{
    SECTION("because it says so")
    {
        alike_case test;
        test.handler.closing = "b";
        const unique_descriptor client = test.shard.connect(requests_with("abc"));
        test.run();
        test.handler.open("abc");
        CHECK(test.answers(client) == "ab");
        CHECK(test.is_closed(client));
    }
    SECTION("because the handler threw")
    {
        alike_case test;
        int thrown = 0;
        test.shard.on_exception = [&thrown](const request&, std::exception_ptr) { ++thrown; };
        test.handler.throwing = "b";
        const unique_descriptor client = test.shard.connect(requests_with("abc"));
        test.run();
        test.handler.open("abc");
        CHECK(test.answers(client) == "!");
        CHECK(thrown == 1);
        CHECK(test.shard.host.followers == 0);
        CHECK(test.is_closed(client));
    }
    SECTION("because the request asked for it")
    {
        alike_case test;
        std::string all;
        for (const char token : {'a', 'b'})
            all += std::string{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCoder-Session-Token: "} +
                   token + "\r\n\r\n";
        const unique_descriptor client = test.shard.connect(all);
        test.run();
        CHECK(test.handler.asked == "a");
        test.handler.open("a");
        CHECK(test.answers(client) == "a");
        CHECK(test.is_closed(client));
    }
}

TEST_CASE("a server that stops answers the requests that are being asked, and says so to the last",
          "[server][session]")
{
    alike_case test;
    const unique_descriptor client = test.shard.connect(requests_with("abc") + request_with('d', "/other"));
    test.run();
    test.shard.host.draining = true;
    test.handler.open("abc");
    CHECK(test.answers(client) == "abc");
    const std::size_t goodbye = test.received.find("Connection: close");
    CHECK(goodbye != std::string::npos);
    CHECK(goodbye > test.received.find("\r\n\r\nb"));
    CHECK(test.is_closed(client));
    CHECK(test.handler.asked == "abc");
}

TEST_CASE("a client may go while its requests are being asked", "[server][session]")
{
    alike_case test;
    {
        const unique_descriptor client = test.shard.connect(requests_with("abc"));
        test.run();
    }
    test.run();
    test.handler.open("abc");
    test.run();
    CHECK(test.handler.asked == "abc");
    CHECK(test.shard.host.followers == 0);
}

TEST_CASE("a shard may end while requests that are alike wait", "[server][session]")
{
    alike_case test;
    const unique_descriptor client = test.shard.connect(requests_with("abc"));
    test.run();
    CHECK(test.handler.asked == "abc");
}

} // namespace latchkey::test
