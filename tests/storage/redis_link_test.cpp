#include "storage/redis_link.hpp"
#include "tests/storage/redis_fixture.hpp"
#include "tests/storage/sample_commands.hpp"
#include "tests/storage/scripted_redis.hpp"
#include "tests/storage/sent_calls.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

using outcomes = std::vector<result<redis_reply>>;

task<void> ask(redis_client& client, redis_command first, int times, std::shared_ptr<outcomes> to)
{
    for (int time = 0; time < times; ++time) {
        auto asking = client.run(first, redis_effect::once);
        auto reply = co_await std::move(asking);
        to->push_back(std::move(reply));
    }
}

// Each command by a coroutine of its own, all started in one turn, and each as many times as said.
std::shared_ptr<outcomes>
ask_at_once(redis_fixture& redis, const std::vector<redis_command>& commands, int times = 1)
{
    auto answers = std::make_shared<outcomes>();
    for (const redis_command& each : commands) {
        auto asking = ask(*redis.client, each, times, answers);
        asio::co_spawn(redis.context, std::move(asking), asio::detached);
    }
    return answers;
}

void run_until_answered(redis_fixture& redis, const outcomes& answers, std::size_t count)
{
    redis.context.restart();
    const auto end = std::chrono::steady_clock::now() + patience;
    while (answers.size() < count && redis.context.run_one_until(end) > 0) {
    }
    REQUIRE(answers.size() == count);
}

// How often a link writes for that many coroutines, which all ask three times. Each command is executed once.
std::size_t writes_of_three_rounds(std::size_t coroutines)
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    REQUIRE(redis.run(ping()));
    const std::vector<redis_command> commands(coroutines, redis_command{"INCR"}.key("n"));

    const std::size_t calls_before = sent_calls();
    const auto answers = ask_at_once(redis, commands, 3);
    run_until_answered(redis, *answers, 3 * coroutines);

    const std::size_t calls = sent_calls() - calls_before;
    CHECK(server.ask({"GET", "n"}).text == std::to_string(3 * coroutines));
    return calls;
}

std::ptrdiff_t count_of(const outcomes& answers, storage_errc code)
{
    return std::count_if(
        answers.begin(), answers.end(), [code](const auto& each) { return !each && each.error() == code; });
}

redis_limits impatient()
{
    redis_limits limits;
    limits.command_deadline = 100ms;
    limits.connect_deadline = 100ms;
    limits.longest_pause = 50ms;
    return limits;
}

} // namespace

TEST_CASE("all commands of one turn leave in one write", "[storage][redis]")
{
    // What all coroutines ask when their replies have come is one turn again.
    CHECK(writes_of_three_rounds(32) == 3);
}

TEST_CASE("a flood of replies is taken in turns, and each turn's commands leave before the next",
          "[storage][redis]")
{
    CHECK(writes_of_three_rounds(100) == 1 + 4 + 4);
}

TEST_CASE("each command gets its own reply, in whatever order they are read", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint(), {.command_deadline = patience}};
    std::vector<redis_command> commands;
    for (int index = 0; index < 5000; ++index)
        commands.push_back(redis_command{"ECHO"}.arg("reply " + std::to_string(index)));

    const auto answers = ask_at_once(redis, commands);
    run_until_answered(redis, *answers, commands.size());

    for (std::size_t index = 0; index < commands.size(); ++index) {
        REQUIRE((*answers)[index]);
        REQUIRE((*answers)[index]->text == commands[index].argument(1));
    }
}

TEST_CASE("without a server commands fail at once and the problem says why", "[storage][redis]")
{
    redis_server server;
    const redis_endpoint endpoint = server.endpoint();
    server.kill();
    redis_fixture redis{endpoint};

    CHECK(redis.run(ping()).error() == storage_errc::unavailable);

    CHECK_FALSE(redis.client->is_connected());
    CHECK_THAT(redis.client->problem(), Catch::Contains("Connection refused"));
    server.start();
    CHECK(redis.comes_back());
    CHECK(redis.client->problem().empty());
}

TEST_CASE("a server that is killed and comes back is found again", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    REQUIRE(redis.run(ping()));
    server.pause(); // so that the command is under way when the server dies
    const auto answers = ask_at_once(redis, {ping(), ping()});
    redis.context.restart();
    redis.context.poll();

    server.kill();
    run_until_answered(redis, *answers, 2);

    CHECK(count_of(*answers, storage_errc::unavailable) == 2);
    CHECK_FALSE(redis.client->is_connected());
    CHECK(redis.run(ping()).error() == storage_errc::unavailable);
    server.start();
    CHECK(redis.comes_back());
    CHECK(redis.client->is_connected());
}

TEST_CASE("a thread that was held up past a deadline gives the server its time once more", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    REQUIRE(redis.run(ping()));
    server.pause();
    const auto answers = ask_at_once(redis, {ping()});
    redis.context.restart();
    redis.context.poll();

    std::this_thread::sleep_for(redis_limits{}.command_deadline + 100ms); // the thread does something else
    server.resume();
    run_until_answered(redis, *answers, 1);

    CHECK(answers->front());
    CHECK(redis.client->is_connected());
}

TEST_CASE("a connection that the server closes is opened again", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    for (int round = 0; round < 5; ++round) {
        REQUIRE(redis.comes_back());
        REQUIRE(server.ask({"CLIENT", "KILL", "TYPE", "normal"}).integer >= 1);
    }
    CHECK(redis.comes_back());
}

TEST_CASE("a stopped server costs a command its deadline, and is found again", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint(), impatient()};
    REQUIRE(redis.comes_back());

    server.pause();
    const auto asked = std::chrono::steady_clock::now();
    const auto late = redis.run(ping());
    const auto waited = std::chrono::steady_clock::now() - asked;
    const std::string problem = redis.client->problem();
    const auto refused = redis.run(ping());

    CHECK(late.error() == storage_errc::unavailable);
    CHECK(waited >= 100ms);
    CHECK_THAT(problem, Catch::Contains("no answer within 100 ms"));
    CHECK(refused.error() == storage_errc::unavailable);
    server.resume();
    CHECK(redis.comes_back());
}

TEST_CASE("a server that accepts and says nothing is not connected", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint(), impatient()};
    server.pause();

    CHECK(redis.run(ping()).error() == storage_errc::unavailable);
    CHECK_FALSE(redis.client->is_connected());
    CHECK_THAT(redis.client->problem(), Catch::Contains("no answer within 100 ms"));
    server.resume();
    CHECK(redis.comes_back());
}

TEST_CASE("what does not fit the queue is refused as overloaded, and the rest is answered",
          "[storage][redis]")
{
    redis_server server;
    redis_limits limits;
    std::vector<redis_command> commands;
    SECTION("by count")
    {
        limits.most_waiting = 10;
        commands.assign(30, redis_command{"INCR"}.key("n"));
    }
    SECTION("by bytes, the one that crosses the bound included")
    {
        limits.most_unsent_bytes = 9500;
        commands.assign(30, redis_command{"APPEND"}.key("n").arg(std::string(1000, 'x')));
    }
    redis_fixture redis{server.endpoint(), limits};
    REQUIRE(redis.run(ping()));

    const auto answers = ask_at_once(redis, commands);
    run_until_answered(redis, *answers, commands.size());

    CHECK(count_of(*answers, storage_errc::overloaded) == 20);
    CHECK(std::count_if(answers->begin(), answers->end(), [](const auto& each) {
              return each && each->is_integer();
          }) == 10);
    CHECK(redis.run(ping()));
}

TEST_CASE("a server that breaks the protocol is let go", "[storage][redis]")
{
    struct sample {
        const char* reason;
        std::vector<std::string> answers;
        const char* said;
    };
    const sample samples[] = {
        {"garbage instead of a reply", {"+PONG\r\n", "HTTP/1.1 200 OK\r\n\r\n"}, "does not speak RESP2"},
        {"a reply too many", {"+PONG\r\n", "+PONG\r\n+PONG\r\n"}, "more than it was asked"},
        {"garbage from the start", {"220 mail.example ESMTP\r\n"}, "no Redis server"},
        {"an echo, as of a socket connected to itself", {"*1\r\n$4\r\nPING\r\n"}, "no Redis server"},
        {"a server that loads its data", {"-LOADING Redis is loading\r\n"}, "LOADING"},
        {"control characters in an error", {"-ERR a\tb\x1b[31m\r\n"}, "ERR a?b?[31m"},
    };
    for (const sample& each : samples) {
        CAPTURE(each.reason);
        asio::io_context context{1};
        const scripted_redis server{context, each.answers};
        redis_standalone client{context.get_executor(), server.endpoint()};
        std::string problem;

        for (int round = 0; round < 3 && problem.empty(); ++round) {
            // A reply too many may come behind one that is rightly answered.
            (void)run_task_on(context, client.run(ping(), redis_effect::once));
            problem = client.problem();
        }

        CHECK_THAT(problem, Catch::Contains(each.said));
    }
}

TEST_CASE("a client that goes fails what still waits", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    REQUIRE(redis.run(ping()));
    server.pause();
    const auto answers = ask_at_once(redis, {ping(), ping(), ping()});
    redis.context.restart();
    redis.context.poll();
    REQUIRE(answers->empty());

    redis.client.reset();
    run_until_answered(redis, *answers, 3);

    CHECK(count_of(*answers, storage_errc::unavailable) == 3);
}

TEST_CASE("a context may end while commands wait", "[storage][redis]")
{
    redis_server server;
    auto answers = std::make_shared<outcomes>();
    {
        redis_fixture redis{server.endpoint()};
        REQUIRE(redis.run(ping()));
        server.pause();
        answers = ask_at_once(redis, {ping(), ping()});
        redis.context.restart();
        redis.context.poll();
    }
    // Neither answered nor leaked: what waited has been destroyed, and with it all other owners.
    CHECK(answers->empty());
    CHECK(answers.use_count() == 1);
}

TEST_CASE("pauses between tries are drawn below a bound that doubles until it is the longest",
          "[storage][redis]")
{
    constexpr int draws = 200;
    std::vector<std::chrono::milliseconds> greatest(7, 0ms);
    redis_backoff backoff{50ms, 2000ms};
    for (int draw = 0; draw < draws; ++draw) {
        for (auto& each : greatest)
            each = std::max(each, backoff.next());
        backoff.reset();
    }

    const std::chrono::milliseconds bounds[] = {50ms, 100ms, 200ms, 400ms, 800ms, 1600ms, 2000ms};
    for (std::size_t index = 0; index < greatest.size(); ++index) {
        CAPTURE(index);
        CHECK(greatest[index] <= bounds[index]);
        CHECK(greatest[index] > bounds[index] / 2); // fails once in 2^200
    }
}

} // namespace latchkey::test
