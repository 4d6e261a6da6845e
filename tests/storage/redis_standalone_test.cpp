#include "storage/redis_standalone.hpp"
#include "tests/storage/redis_fixture.hpp"
#include "tests/storage/sample_commands.hpp"

namespace latchkey::test {
namespace {

const redis_script add_script{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};

} // namespace

TEST_CASE("a command's bytes reach the server and come back as they were", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    const std::string value{"a\0b\r\nc\r\n$3\r\n", 12};

    const auto stored = redis.run(redis_command{"SET"}.key("k\r\n1").arg(value));
    const auto read = redis.run(redis_command{"GET"}.key("k\r\n1"));

    REQUIRE(stored);
    CHECK(stored->is_ok());
    REQUIRE(read);
    CHECK(read->text == value);
    CHECK(server.ask({"GET", "k\r\n1"}).text == value);
}

TEST_CASE("a value larger than every buffer goes there and back", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    std::string value(8'000'000, 'x');
    value.back() = 'y';

    REQUIRE(redis.run(redis_command{"SET"}.key("large").arg(value)));
    const auto read = redis.run(redis_command{"GET"}.key("large"));

    REQUIRE(read);
    CHECK((read->text == value)); // in parentheses: a failure should not print it
}

TEST_CASE("an error of the server is a reply, and the connection stays", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    REQUIRE(redis.run(redis_command{"SET"}.key("word").arg("x")));

    const auto wrong = redis.run(redis_command{"LPUSH"}.key("word").arg("y"));

    REQUIRE(wrong);
    CHECK(wrong->is_error("WRONGTYPE"));
    CHECK(redis.client->is_connected());
    CHECK(redis.client->problem().empty());
}

TEST_CASE("of several commands each has its reply, whatever the others have", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    redis_command wrong{"LPUSH"};
    wrong.key("k").arg("y");

    const auto all =
        run_task_on(redis.context,
                    redis.client->run_all(several(set("k", "1"), std::move(wrong), get("k"), set("k", "2"))));
    const auto alone = run_task_on(redis.context, redis.client->run_all(several(get("k"))));

    REQUIRE(all);
    REQUIRE(all->items.size() == 4);
    CHECK(all->items[0].is_ok());
    CHECK(all->items[1].is_error("WRONGTYPE"));
    CHECK(all->items[2].text == "1");
    CHECK(all->items[3].is_ok());
    REQUIRE(alone);
    REQUIRE(alone->items.size() == 1);
    CHECK(alone->items[0].text == "2");
}

TEST_CASE("a script runs once for each call, whether or not the server knows it", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};

    const auto unknown = redis.run_script(redis_call{add_script}.key("sum").arg("5"));
    const auto exists = server.ask({"SCRIPT", "EXISTS", std::string{add_script.sha1()}});
    const auto known = redis.run_script(redis_call{add_script}.key("sum").arg("5"));
    server.ask({"SCRIPT", "FLUSH"});
    const auto forgotten = redis.run_script(redis_call{add_script}.key("sum").arg("5"));

    REQUIRE(unknown);
    CHECK(unknown->integer == 5);
    REQUIRE(exists.items.size() == 1);
    CHECK(exists.items[0].integer == 1);
    REQUIRE(known);
    CHECK(known->integer == 10);
    REQUIRE(forgotten);
    CHECK(forgotten->integer == 15);
    CHECK(server.ask({"GET", "sum"}).text == "15");
}

TEST_CASE("what a script refuses is a reply", "[storage][redis]")
{
    redis_server server;
    redis_fixture redis{server.endpoint()};
    const redis_script refusing{"return redis.error_reply('NAMETAKEN ' .. ARGV[1])"};

    const auto refused = redis.run_script(redis_call{refusing}.arg("x\r\ny"));

    REQUIRE(refused);
    CHECK(refused->is_error("NAMETAKEN"));
}

TEST_CASE("the database of the endpoint is selected, again after each reconnect", "[storage][redis]")
{
    redis_server server;
    redis_endpoint endpoint = server.endpoint();
    endpoint.login.database = 3;
    redis_fixture redis{endpoint};

    REQUIRE(redis.run(redis_command{"SET"}.key("a").arg("1")));
    server.ask({"CLIENT", "KILL", "TYPE", "normal"});
    REQUIRE(redis.comes_back());
    REQUIRE(redis.run(redis_command{"SET"}.key("b").arg("1")));

    CHECK_THAT(server.ask({"INFO", "keyspace"}).text, Catch::Contains("db3:keys=2"));
    CHECK(server.ask({"DBSIZE"}).integer == 0);
}

TEST_CASE("a database that the server does not have is a problem that says so", "[storage][redis]")
{
    redis_server server;
    redis_endpoint endpoint = server.endpoint();
    endpoint.login.database = 16;
    redis_fixture redis{endpoint};

    CHECK(redis.run(ping()).error() == storage_errc::unavailable);
    CHECK_THAT(redis.client->problem(), Catch::Contains("DB index is out of range"));
}

TEST_CASE("a password opens the server, with and without a user", "[storage][redis]")
{
    redis_server server{{.password = "Canary731", .settings = {"user ann on >AnnCanary ~* +@all"}}};
    redis_endpoint as_ann = server.endpoint();
    as_ann.login.user = "ann";
    as_ann.login.password = "AnnCanary";

    redis_fixture by_default{server.endpoint()};
    redis_fixture by_user{as_ann};

    CHECK(by_default.run(redis_command{"ACL"}.arg("WHOAMI"))->text == "default");
    CHECK(by_user.run(redis_command{"ACL"}.arg("WHOAMI"))->text == "ann");
}

TEST_CASE("a login that is refused is a problem that tells neither user nor password", "[storage][redis]")
{
    struct sample {
        const char* reason;
        redis_server_options server;
        redis_login login;
        const char* said;
    };
    const sample samples[] = {
        {"a wrong password", {.password = "right"}, {.user = {}, .password = "Canary731"}, "WRONGPASS"},
        {"an unknown user", {.password = "right"}, {.user = "Canary8", .password = "Canary731"}, "WRONGPASS"},
        {"no password", {.password = "right"}, {}, "NOAUTH"},
        {"a password that nobody asks for",
         {},
         {.user = {}, .password = "Canary731"},
         "AUTH is refused (ERR)"},
        {"a server without AUTH, which quotes the arguments",
         {.settings = {"rename-command AUTH \"\""}},
         {.user = {}, .password = "Canary731"},
         "AUTH is refused (ERR)"},
    };
    for (const sample& each : samples) {
        CAPTURE(each.reason);
        redis_server server{each.server};
        redis_endpoint endpoint = server.endpoint();
        endpoint.login = each.login;
        redis_fixture redis{endpoint};

        CHECK(redis.run(ping()).error() == storage_errc::unavailable);
        CHECK_FALSE(redis.client->is_connected());
        const std::string problem = redis.client->problem();
        CHECK_THAT(problem, Catch::Contains(each.said));
        CHECK_THAT(problem, Catch::StartsWith(to_string(endpoint.address)));
        CHECK(problem.find("Canary") == std::string::npos);
    }
}

TEST_CASE("a user that may not PING is served all the same", "[storage][redis]")
{
    redis_server server{{.settings = {"user ann on >secret ~* +get"}}};
    redis_endpoint endpoint = server.endpoint();
    endpoint.login.user = "ann";
    endpoint.login.password = "secret";
    redis_fixture redis{endpoint};

    const auto read = redis.run(redis_command{"GET"}.key("a"));

    REQUIRE(read);
    CHECK(read->is_nil());
}

TEST_CASE("a server is reached by its socket file and by its name", "[storage][redis]")
{
    redis_server server{{.password = "secret"}};
    const std::string urls[] = {"redis+unix://:secret@" + server.socket_path() + "?db=2",
                                "redis://:secret@localhost:" + std::to_string(server.port()) + "/2"};
    for (const std::string& url : urls) {
        CAPTURE(url);
        redis_fixture redis{*parse_redis_endpoint(url)};

        const auto info = redis.run(redis_command{"CLIENT"}.arg("INFO"));

        REQUIRE(info);
        CHECK_THAT(info->text, Catch::Contains(" db=2 "));
    }
}

} // namespace latchkey::test
