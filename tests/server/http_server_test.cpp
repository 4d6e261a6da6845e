#include "server/http_server.hpp"
#include "tests/server/test_server.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace latchkey::test {
namespace {

const std::string gate = "GET /gate HTTP/1.1\r\nHost: a\r\n\r\n";

// A path for a socket file, free before and after.
struct socket_path {
    std::string text =
        (std::filesystem::temp_directory_path() / ("latchkey-test-" + std::to_string(getpid()) + ".sock"))
            .string();

    socket_path() { std::filesystem::remove(text); }
    ~socket_path() { std::filesystem::remove(text); }
};

// While it lives, this process has no descriptor left to open.
class full_descriptor_table {
public:
    full_descriptor_table()
    {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit low = before_;
        low.rlim_cur = std::min<rlim_t>(before_.rlim_cur, 256);
        setrlimit(RLIMIT_NOFILE, &low);
        while (true) {
            unique_descriptor filler{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
            if (!filler.is_open()) break;
            fillers_.push_back(std::move(filler));
        }
    }
    ~full_descriptor_table() { setrlimit(RLIMIT_NOFILE, &before_); }

    void free_one() { fillers_.pop_back(); }

private:
    rlimit before_{};
    std::vector<unique_descriptor> fillers_;
};

http_server_options options_for(const listen_address& address)
{
    http_server_options options;
    options.listen.push_back(address);
    options.make_handler = [](asio::io_context&, std::size_t) -> std::unique_ptr<request_handler> {
        throw std::runtime_error{"no handler"};
    };
    return options;
}

} // namespace

TEST_CASE("a graceful stop answers the request in flight, then closes", "[server][stop]")
{
    test_server_options options;
    options.limits = impatient_limits();
    options.limits.idle = std::chrono::hours{1};
    test_server server{options};
    http_client busy = server.connect();
    http_client idle = server.connect();
    CHECK(idle.request("GET", "/fast").status == 200);
    busy.send(gate);
    server.wait_for_handlers(1);

    server.server().begin_stop(stop_mode::graceful);

    CHECK(idle.is_closed());
    CHECK_THROWS(server.connect());
    server.open_gate();
    const auto answer = busy.read();
    REQUIRE(answer);
    CHECK(answer->body == "/gate");
    CHECK(answer->closes());
    CHECK(busy.is_closed());
    server.server().join();
}

TEST_CASE("a graceful stop lets a request that has begun arrive", "[server][stop]")
{
    test_server_options options;
    options.limits.linger = std::chrono::milliseconds{100};
    test_server server{options};
    http_client client = server.connect();
    client.send(
        "GET /fast HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    CHECK(client.read()->status == 200);

    server.server().begin_stop(stop_mode::graceful);
    client.send("llo");

    const auto answer = client.read();
    REQUIRE(answer);
    CHECK(answer->body == "hello");
    CHECK(answer->closes());
    server.server().join();
}

TEST_CASE("a graceful stop waits no longer than the stop bound", "[server][stop]")
{
    test_server_options options;
    options.limits.stop = std::chrono::milliseconds{50};
    options.limits.abandon = std::chrono::milliseconds{50};
    options.limits.sweep_interval = std::chrono::milliseconds{10};
    test_server server{options};
    http_client client = server.connect();
    client.send(gate);
    server.wait_for_handlers(1);

    server.server().begin_stop(stop_mode::graceful);
    server.server().join();

    CHECK(client.is_closed());
}

TEST_CASE("a second stop closes everything at once", "[server][stop]")
{
    test_server_options options;
    options.limits.stop = std::chrono::hours{1};
    options.limits.abandon = std::chrono::milliseconds{20};
    options.limits.sweep_interval = std::chrono::milliseconds{10};
    test_server server{options};
    http_client client = server.connect();
    client.send(gate);
    server.wait_for_handlers(1);
    server.server().begin_stop(stop_mode::graceful);

    server.server().begin_stop(stop_mode::at_once);
    server.server().join();

    CHECK(client.is_closed());
}

TEST_CASE("a server can be destroyed while handlers wait", "[server][stop]")
{
    http_client client = [] {
        test_server_options options;
        options.limits.abandon = std::chrono::milliseconds{1};
        options.limits.sweep_interval = std::chrono::milliseconds{5};
        test_server server{options};
        http_client connected = server.connect();
        connected.send(gate);
        server.wait_for_handlers(1);
        return connected;
    }();
    CHECK(client.is_closed());
}

TEST_CASE("all shards accept on the port that was given to the first", "[server][listen]")
{
    test_server_options options;
    options.shards = 4;
    test_server server{options};

    REQUIRE(server.server().addresses().size() == 1);
    std::vector<http_client> clients;
    for (int count = 0; count < 64; ++count) {
        clients.push_back(server.connect());
        CHECK(clients.back().request("GET", "/fast").status == 200);
    }
}

TEST_CASE("a socket file serves as a port does, dealt to all shards", "[server][listen]")
{
    const socket_path path;
    test_server_options options;
    options.shards = 2;
    options.socket_path = path.text;
    test_server server{options};

    struct stat found {};
    REQUIRE(lstat(path.text.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777) == 0660);
    for (int count = 0; count < 4; ++count) {
        http_client client{server.address(1)};
        CHECK(client.request("GET", "/fast").body == "/fast");
        CHECK(client.request("POST", "/yield", {}, "body").body == "body");
    }
}

TEST_CASE("a socket file is replaced if nobody listens, and left alone otherwise", "[server][listen]")
{
    const socket_path path;
    test_server_options options;
    options.socket_path = path.text;

    SECTION("left behind by a server that was killed")
    {
        REQUIRE(listen_unix(unix_path{path.text}, 1).has_value()); // closed at once, and the file stays
        REQUIRE(std::filesystem::exists(path.text));
        const test_server server{options};
        CHECK(http_client{server.address(1)}.request("GET", "/fast").status == 200);
    }
    SECTION("taken away by a server that stops")
    {
        {
            const test_server gone{options};
        }
        CHECK_FALSE(std::filesystem::exists(path.text));
    }
    SECTION("in use")
    {
        const test_server other{options};
        http_server server{options_for(unix_path{path.text})};
        const auto failure = server.start();
        REQUIRE(failure);
        CHECK(failure->why == boost::system::errc::address_in_use);
        CHECK(http_client{other.address(1)}.request("GET", "/fast").status == 200);
    }
    SECTION("not a socket at all")
    {
        {
            const unique_descriptor file{::creat(path.text.c_str(), 0600)};
        }
        http_server server{options_for(unix_path{path.text})};
        CHECK(server.start()->why == boost::system::errc::address_in_use);
        CHECK(std::filesystem::is_regular_file(path.text));
    }
}

TEST_CASE("a server out of descriptors waits, and goes on when there are some again", "[server][listen]")
{
    const test_server server;
    std::optional<http_client> client;
    {
        full_descriptor_table full;
        full.free_one();
        client.emplace(server.address()); // takes the last one; the kernel completes the connection
        client->send("GET /fast HTTP/1.1\r\nHost: a\r\n\r\n");
        pollfd answer{.fd = client->descriptor(), .events = POLLIN, .revents = 0};
        CHECK(poll(&answer, 1, 50) == 0);
    }
    CHECK(client->read()->body == "/fast");
}

TEST_CASE("a port that another server has is refused, although ports can be shared", "[server][listen]")
{
    const test_server other;

    http_server server{options_for(other.address())};
    const auto failure = server.start();

    REQUIRE(failure);
    CHECK(failure->why == boost::system::errc::address_in_use);
    CHECK(to_string(failure->address) == to_string(other.address()));
}

TEST_CASE("what the handler factory throws reaches who starts the server", "[server][listen]")
{
    http_server server{options_for(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0})};
    CHECK_THROWS_WITH(server.start(), "no handler");
}

} // namespace latchkey::test
