// Answers of several connections that leave in one turn of a shard: by one system call where io_uring is
// allowed, by one for each where it is not, and no client can tell which.
#include "tests/server/one_shard.hpp"
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {
namespace {

// Answers what the path says: /7x is seven bytes x.
class sized_handler final : public request_handler {
public:
    bool answers_from_head = true;
    std::function<void()> before_sending; // once, of all whose turn it is

    head_verdict answer_from_head(const request& what, output_buffer& out, bool keep_alive) override
    {
        if (!answers_from_head) return head_verdict::ignores_body;
        append_response(out, what, answer_to(what), keep_alive);
        return head_verdict::answered;
    }

    void expect(std::string_view, lookup_comes) noexcept override {}

    task<response> answer(const request& what) override
    {
        if (before_sending)
            asio::post(co_await asio::this_coro::executor, std::exchange(before_sending, nullptr));
        co_return answer_to(what);
    }

private:
    static response answer_to(const request& what)
    {
        response made;
        made.body.assign(std::stoul(std::string{what.path.substr(1)}), what.path.back());
        return made;
    }
};

std::string request_for(std::size_t size, char letter)
{
    return "GET /" + std::to_string(size) + letter + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

struct sending_case {
    sending_case() { handler.answers_from_head = GENERATE(true, false); }

    sized_handler handler;
    one_shard shard{handler, GENERATE(true, false)};

    void run() { shard.context.poll(); }

    std::string received(const unique_descriptor& client)
    {
        std::string all;
        std::size_t before = 0;
        do { // what is read makes room for more
            before = all.size();
            receive(client, all);
            run();
        } while (all.size() != before);
        return all;
    }
};

std::size_t count_of(const std::string& text, char letter)
{
    return static_cast<std::size_t>(std::ranges::count(text, letter));
}

} // namespace

TEST_CASE("connections that are asked in one turn are all answered, again and again", "[server][sending]")
{
    sending_case test;
    std::vector<unique_descriptor> clients;
    for (std::size_t n = 0; n < 40; ++n)
        clients.push_back(test.shard.connect(request_for(100 + n, 'Z')));
    test.run();
    for (int round = 0; round < 3; ++round) {
        for (std::size_t n = 0; n < clients.size(); ++n) {
            const std::string answers = test.received(clients[n]);
            CHECK(answers.starts_with("HTTP/1.1 200 OK\r\n"));
            CHECK(count_of(answers, 'Z') == 100 + n);
        }
        for (std::size_t n = 0; n < clients.size(); ++n) {
            const std::string next = request_for(100 + n, 'Z');
            REQUIRE(::send(clients[n].number(), next.data(), next.size(), 0) ==
                    static_cast<ssize_t>(next.size()));
        }
        test.run();
    }
}

TEST_CASE("a client that is slow to read gets all of its answers, and others do not wait for it",
          "[server][sending]")
{
    sending_case test;
    const std::string three =
        request_for(300'000, '1') + request_for(300'000, '2') + request_for(300'000, '3');
    const unique_descriptor slow = test.shard.connect(three, 4096);
    const unique_descriptor other = test.shard.connect(three, 4096);
    const unique_descriptor quick = test.shard.connect(request_for(50, 'Z'));
    test.run();

    CHECK(count_of(test.received(quick), 'Z') == 50);
    for (const unique_descriptor* const client : {&slow, &other}) {
        const std::string answers = test.received(*client);
        for (const char letter : {'1', '2', '3'})
            CHECK(count_of(answers, letter) >= 300'000);
        CHECK(std::ranges::is_sorted(std::vector{answers.find(std::string(9, '1')),
                                                 answers.find(std::string(9, '2')),
                                                 answers.find(std::string(9, '3'))}));
    }
}

TEST_CASE("a client that has gone takes its own answer with it, and no other", "[server][sending]")
{
    sending_case test;
    unique_descriptor gone = test.shard.connect(request_for(50, 'Z'));
    const unique_descriptor one = test.shard.connect(request_for(60, 'Z'));
    const unique_descriptor other = test.shard.connect(request_for(70, 'Z'));
    gone = {};
    test.run();

    CHECK(count_of(test.received(one), 'Z') == 60);
    CHECK(count_of(test.received(other), 'Z') == 70);
}

TEST_CASE("a connection that closes after its answer does so among others too", "[server][sending]")
{
    sending_case test;
    const unique_descriptor last =
        test.shard.connect("GET /50Z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const unique_descriptor other = test.shard.connect(request_for(60, 'Z'));
    test.run();

    CHECK(count_of(test.received(last), 'Z') == 50);
    CHECK(is_at_end(last));
    CHECK(count_of(test.received(other), 'Z') == 60);
}

TEST_CASE("a connection that a stop closes as idle has been sent what waited to be", "[server][sending]")
{
    sending_case test;
    test.handler.answers_from_head = false;
    const unique_descriptor one = test.shard.connect(request_for(50, 'Z'));
    const unique_descriptor other = test.shard.connect(request_for(60, 'Z'));
    test.handler.before_sending = [&] {
        for (const auto& served : test.shard.served)
            if (const auto still = served.lock()) still->close_if_idle();
    };
    test.run();

    CHECK(count_of(test.received(one), 'Z') == 50);
    CHECK(count_of(test.received(other), 'Z') == 60);
    CHECK(is_at_end(one));
    CHECK(is_at_end(other));
}

TEST_CASE("a server that may not use io_uring does not", "[server][sending]")
{
    test_server_options options;
    options.may_use_io_uring = false;
    test_server server{options};

    CHECK_FALSE(server.server().uses_io_uring());
    CHECK(server.connect().request("GET", "/fast").status == 200);
}

} // namespace latchkey::test
