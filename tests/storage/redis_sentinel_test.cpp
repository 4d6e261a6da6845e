#include "storage/redis_sentinel.hpp"
#include "tests/storage/redis_topology_fixture.hpp"
#include "tests/storage/sample_commands.hpp"
#include "tests/storage/scripted_redis.hpp"
#include "tests/support/patience.hpp"

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

const std::string is_primary = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
const std::string is_replica = "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:0\r\n";

std::string names(const redis_endpoint& server)
{
    const std::string port = std::to_string(server.address.port);
    return "*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(port.size()) + "\r\n" + port + "\r\n";
}

redis_reply parsed_reply(std::string_view bytes)
{
    redis_reader reader;
    reader.feed(bytes);
    redis_reply reply;
    REQUIRE(reader.next(reply) == redis_reader::outcome::reply);
    return reply;
}

// A client of scripted servers. Once a minute is never, for a test.
struct sentinel_fixture {
    explicit sentinel_fixture(asio::io_context& on) : context{on} {}

    void connect(std::vector<redis_endpoint> sentinels)
    {
        const auto links = redis_links_on(context.get_executor(), nullptr, {});
        client = std::make_unique<redis_sentinel>(
            context.get_executor(),
            redis_sentinel_options{
                .sentinels = std::move(sentinels), .service = "main", .login = {}, .poll = 60s},
            links,
            links);
    }

    result<redis_reply> get()
    {
        redis_command command{"GET"};
        command.key("k");
        return run_task_on(context, client->run(std::move(command), redis_effect::read));
    }

    asio::io_context& context;
    std::unique_ptr<redis_sentinel> client;
};

} // namespace

TEST_CASE("what a Sentinel says is an address, or that it knows none", "[storage][redis]")
{
    using transport = redis_address::transport;
    const auto named = primary_in(parsed_reply("*2\r\n$8\r\n10.0.0.7\r\n$4\r\n6380\r\n"), transport::tls);
    REQUIRE(named);
    CHECK(*named == redis_address{.via = transport::tls, .host = "10.0.0.7", .port = 6380, .path = {}});

    for (const std::string_view bytes : {"*-1\r\n",
                                         "$-1\r\n",
                                         "-IDONTKNOW No such master\r\n",
                                         "*1\r\n$8\r\n10.0.0.7\r\n",
                                         "*2\r\n$0\r\n\r\n$4\r\n6380\r\n",
                                         "*2\r\n$1\r\na\r\n$1\r\n0\r\n",
                                         "*2\r\n$1\r\na\r\n$5\r\n70000\r\n",
                                         "*2\r\n$1\r\na\r\n$2\r\n1x\r\n"})
        CHECK_FALSE(primary_in(parsed_reply(bytes), transport::tcp));
}

TEST_CASE("a server is a primary when it says so itself", "[storage][redis]")
{
    CHECK(says_primary(parsed_reply(is_primary)));
    CHECK_FALSE(says_primary(parsed_reply(is_replica)));
    CHECK_FALSE(says_primary(parsed_reply("*1\r\n$8\r\nsentinel\r\n")));
    CHECK_FALSE(says_primary(parsed_reply("*0\r\n")));
    CHECK_FALSE(says_primary(parsed_reply("-NOPERM no\r\n")));
}

TEST_CASE("a Sentinel that is away or knows nothing is passed over", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis data{context, {pong, is_primary, "$5\r\nvalue\r\n"}};
    const scripted_redis ignorant{context, {pong, "*-1\r\n", "*-1\r\n", "*-1\r\n"}};
    const scripted_redis informed{context, {pong, names(data.endpoint())}};
    redis_endpoint nobody = data.endpoint();
    nobody.address.port = 1;
    sentinel_fixture sentinel{context};
    sentinel.connect({nobody, ignorant.endpoint(), informed.endpoint()});

    const auto value = sentinel.get();

    REQUIRE(value);
    CHECK(value->text == "value");
    CHECK(sentinel.client->is_connected());
    CHECK(sentinel.client->problem().empty());
}

TEST_CASE("a server that is no primary is not asked for data, whatever a Sentinel says", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis data{context, {pong, is_replica, "$5\r\nstale\r\n"}};
    const scripted_redis watcher{context, {pong, names(data.endpoint()), names(data.endpoint())}};
    sentinel_fixture sentinel{context};
    sentinel.connect({watcher.endpoint()});

    const auto value = sentinel.get();

    CHECK(value.error() == storage_errc::unavailable);
    CHECK_FALSE(sentinel.client->is_connected());
    CHECK_THAT(sentinel.client->problem(), Catch::Contains("is not the primary"));
}

TEST_CASE("a client that ends while a server is asked whether it is the primary leaves nothing behind",
          "[storage][redis]")
{
    const auto held_by_links = std::make_shared<int>();
    {
        asio::io_context context{1};
        const scripted_redis silent{context, {}};
        const scripted_redis sentinel{context, {pong, names(silent.endpoint())}};
        int made = 0;
        const auto links = [&made, held_by_links, make = redis_links_on(context.get_executor(), nullptr, {})](
                               redis_endpoint to) {
            ++made;
            return make(std::move(to));
        };
        auto client = std::make_unique<redis_sentinel>(
            context.get_executor(),
            redis_sentinel_options{
                .sentinels = {sentinel.endpoint()}, .service = "main", .login = {}, .poll = 60s},
            links,
            redis_links_on(context.get_executor(), nullptr, {}));
        auto asking = client->run(redis_command{"PING"}, redis_effect::read);
        asio::co_spawn(context, std::move(asking), asio::detached);
        while (made == 0)
            REQUIRE(context.run_one_for(patience) == 1);
        client.reset();
    }
    CHECK(held_by_links.use_count() == 1);
}

TEST_CASE("a service that no Sentinel knows is a problem that names it", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis watcher{context, {pong, "*-1\r\n"}};
    sentinel_fixture sentinel{context};
    sentinel.connect({watcher.endpoint()});

    CHECK(sentinel.get().error() == storage_errc::unavailable);
    CHECK_THAT(sentinel.client->problem(), Catch::Contains("no service main"));
}

TEST_CASE("a primary that refuses a write as a replica is left, and the Sentinels are asked again",
          "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis former{context, {pong, is_primary, "-READONLY You can't write\r\n", is_replica}};
    const scripted_redis present{context, {pong, is_primary, "+OK\r\n"}};
    const scripted_redis watcher{context, {pong, names(former.endpoint()), names(present.endpoint())}};
    sentinel_fixture sentinel{context};
    sentinel.connect({watcher.endpoint()});
    redis_command write{"SET"};
    write.key("k").arg("v");

    const auto refused = run_task_on(context, sentinel.client->run(write, redis_effect::once));
    CHECK(refused.error() == storage_errc::unavailable);

    result<redis_reply> taken{make_error_code(storage_errc::unavailable)};
    REQUIRE(becomes_true([&] {
        context.run_for(2ms);
        taken = run_task_on(context, sentinel.client->run(write, redis_effect::once));
        return taken.has_value();
    }));
    CHECK(taken->is_ok());
}

TEST_CASE("one refusal as a replica among several answers is enough", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis former{context,
                                {pong, is_primary, "$1\r\nv\r\n-READONLY You can't write\r\n", is_replica}};
    const scripted_redis present{context, {pong, is_primary, "$1\r\nw\r\n+OK\r\n"}};
    const scripted_redis watcher{context, {pong, names(former.endpoint()), names(present.endpoint())}};
    sentinel_fixture sentinel{context};
    sentinel.connect({watcher.endpoint()});
    const auto ask = [&] {
        return run_task_on(context, sentinel.client->run_all(several(get("k"), set("k", "v"))));
    };

    CHECK(ask().error() == storage_errc::unavailable);

    result<redis_reply> taken{make_error_code(storage_errc::unavailable)};
    REQUIRE(becomes_true([&] {
        context.run_for(2ms);
        taken = ask();
        return taken.has_value();
    }));
    REQUIRE(taken->items.size() == 2);
    CHECK(taken->items[0].text == "w");
}

TEST_CASE("a store works behind Sentinels", "[storage][redis][topology]")
{
    sentinel_servers& servers = shared_sentinel();
    topology_case redis{servers.topology()};
    const uuid owner = redis.add_user(1);

    const key_id id = redis.add_token(1, owner);

    CHECK(redis.is_found(id));
    CHECK(run_redis(redis.store->find_key_by_name(owner, std::string{redis.token(1, owner).name})));
    redis.delete_token(id);
    CHECK_FALSE(redis.is_found(id));
    CHECK(run_redis(all_of(redis.store->list_tokens({.owner = owner, .now = redis.time.now()})))->empty());
    CHECK(redis.store->health().can_write);
    CHECK(run_redis(redis.store->delete_user(owner, redis.time.now())));
}

TEST_CASE("when Sentinels replace a primary, the store follows, and no token is refused meanwhile",
          "[storage][redis][topology]")
{
    sentinel_servers& servers = shared_sentinel();
    topology_case redis{servers.topology(), {.replication = {.replicas = 1}}};
    const uuid owner = redis.add_user(2);
    const key_id kept = redis.add_token(11, owner);
    const key_id doomed = redis.add_token(12, owner);
    const key_id deleted = redis.add_token(13, owner);
    redis.delete_token(deleted);
    servers.wait_until_replicated();
    redis.unavailable = 0;

    redis_server& former = servers.primary();
    former.kill();

    CHECK(redis.is_found(kept));
    CHECK(redis.unavailable > 0); // no other primary can have been there at once
    wait_until("every Sentinel names another", [&] { return &servers.primary() != &former; });
    CHECK_FALSE(redis.is_found(deleted));
    redis.delete_token(doomed);
    CHECK_FALSE(redis.is_found(doomed));
    const key_id made = redis.add_token(14, owner);
    CHECK(redis.is_found(made));
    CHECK(redis.store->health().problem.empty());
}

} // namespace latchkey::test
