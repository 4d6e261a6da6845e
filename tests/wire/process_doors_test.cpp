// How a server goes, and what it shows behind which of its listeners.
#include "tests/support/patience.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <chrono>
#include <csignal>

using namespace latchkey;
using namespace latchkey::test;

namespace {

unsigned status_of(http_client& client, std::string_view path)
{
    return client.request("GET", path).status;
}

bool becomes_unready(http_client& client)
{
    return becomes_true([&] { return status_of(client, "/readyz") == 503; });
}

} // namespace

TEST_CASE("a server that drains says so and goes on serving until it is told again", "[wire][process]")
{
    const temporary_directory directory;
    server_process server{directory, 0, {"--drain=1h"}};
    http_client client = server.connect();
    CHECK_FALSE(contains(client.request("GET", "/readyz").body, R"("stopping":true)"));

    server.send_signal(SIGTERM);

    REQUIRE(becomes_unready(client));
    const http_answer told = client.request("GET", "/readyz");
    CHECK(contains(told.body, R"("ready":false,"stopping":true)"));
    CHECK(status_of(client, "/healthz") == 200);
    http_client newcomer = server.connect();
    CHECK(status_of(newcomer, "/api/v2/buildinfo") == 200);
    CHECK(status_of(newcomer, "/verify") == 401);

    server.send_signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("a server has stopped once it has drained", "[wire][process]")
{
    const temporary_directory directory;
    server_process server{directory, 0, {"--drain=50ms"}};
    http_client client = server.connect(); // idle: nothing to wait for

    server.send_signal(SIGTERM);
    CHECK(server.wait() == 0);
}

TEST_CASE("with --admin-listen, operators and clients have a door each", "[wire][process]")
{
    const temporary_directory directory;
    const std::string path = directory.file("admin");
    server_process server{directory, 0, {"--admin-listen=unix:" + path}};
    http_client client = server.connect();
    http_client operators{unix_path{path}};

    struct row {
        const char* path;
        unsigned for_clients;
        unsigned for_operators;
    };
    const row rows[] = {
        {"/metrics", 404, 200},
        {"/healthz", 200, 200},
        {"/readyz", 200, 200},
        {"/api/v2/buildinfo", 200, 200},
        {"/", 200, 404},
        {"/verify", 401, 404},
        {"/api/v2", 200, 404},
        {"/api/v2/openapi.json", 200, 404},
        {"/api/v2/users/me", 401, 404},
        {"/nothing", 404, 404},
    };
    for (const row& each : rows) {
        CAPTURE(each.path);
        CHECK(status_of(client, each.path) == each.for_clients);
        CHECK(status_of(operators, each.path) == each.for_operators);
    }
    // Not even that there is something.
    CHECK(operators.request("DELETE", "/api/v2/users/me").status == 404);
    CHECK(operators.request("POST", "/api/v2/users/login").status == 404);
    CHECK(operators.request("POST", "/metrics").status == 405);
    CHECK(client.request("POST", "/metrics").status == 404);
}

TEST_CASE("without --admin-listen, metrics are for everybody", "[wire][process]")
{
    const temporary_directory directory;
    const server_process server{directory};
    http_client client = server.connect();
    CHECK(status_of(client, "/metrics") == 200);
}
