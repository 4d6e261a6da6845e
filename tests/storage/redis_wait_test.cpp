// Writes that wait until replicas have them.
#include "storage/redis_clients.hpp"
#include "tests/storage/redis_topology_fixture.hpp"
#include "tests/storage/sample_commands.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/detached.hpp>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

// A primary and its replica.
struct replicated_servers {
    replicated_servers()
    {
        REQUIRE(primary.ask({"SET", "probe", "1"}).is_ok());
        wait_until("the replica is in step", [this] { return replica.ask({"GET", "probe"}).text == "1"; });
        // What it has been sent by the first synchronisation; from its first acknowledgement on it is sent
        // more.
        REQUIRE(primary.ask({"SET", "probe", "2"}).is_ok());
        wait_until("the replica stays in step", [this] { return replica.ask({"GET", "probe"}).text == "2"; });
    }

    redis_topology topology() const { return *parse_redis_topology(primary.url()); }

    redis_server primary{{.settings = {"repl-diskless-sync-delay 0"}}};
    redis_server replica{{.settings = {"replicaof 127.0.0.1 " + std::to_string(primary.port())}}};
};

const redis_client_options waiting{.replication = {.replicas = 1}};

task<void> note_end(task<result<redis_reply>> work, std::shared_ptr<bool> has_ended)
{
    static_cast<void>(co_await std::move(work));
    *has_ended = true;
}

} // namespace

TEST_CASE("a write that enough replicas have is done; one that they do not have in time is not",
          "[storage][redis]")
{
    replicated_servers servers;
    asio::io_context context{1};
    const auto client = redis_clients_of(servers.topology(), waiting)(context.get_executor(), {});

    CHECK(becomes_true([&] { // a busy machine is slow to acknowledge
        const auto first = run_task_on(context, client->run(set("k", "v"), redis_effect::idempotent));
        REQUIRE(first);
        return first->is_ok();
    }));
    CHECK(servers.replica.ask({"GET", "k"}).text == "v");

    servers.replica.pause();
    const auto second = run_task_on(context, client->run(set("k", "v"), redis_effect::idempotent));
    const auto read = run_task_on(context, client->run(get("k"), redis_effect::read));
    servers.replica.resume();

    REQUIRE(second);
    CHECK(second->is_error("NOREPLICAS"));
    REQUIRE(read); // reads wait for nobody
    CHECK(read->text == "v");
}

TEST_CASE("several writes wait for the replicas together", "[storage][redis]")
{
    replicated_servers servers;
    asio::io_context context{1};
    const auto client = redis_clients_of(servers.topology(), waiting)(context.get_executor(), {});
    const auto write = [&] {
        return run_task_on(context, client->run_all(several(set("k", "v"), get("k"), set("k", "w"))));
    };

    result<redis_reply> first{make_error_code(storage_errc::unavailable)};
    REQUIRE(becomes_true([&] {
        first = write();
        REQUIRE(first);
        return !first->is_error();
    }));
    REQUIRE(first->items.size() == 3);
    CHECK(first->items[1].text == "v");
    CHECK(servers.replica.ask({"GET", "k"}).text == "w");

    redis_command wrong{"LPUSH"};
    wrong.key("k").arg("v");
    servers.replica.pause();
    const auto second = write();
    const auto refused = run_task_on(context, client->run_all(several(wrong, wrong)));
    servers.replica.resume();

    REQUIRE(second);
    CHECK(second->is_error("NOREPLICAS"));
    REQUIRE(refused); // nothing was written that they could lack
    REQUIRE(refused->items.size() == 2);
    CHECK(refused->items[1].is_error("WRONGTYPE"));
}

TEST_CASE("a repeated write that finds its work done waits for the replicas all the same", "[storage][redis]")
{
    replicated_servers servers;
    asio::io_context context{1};
    servers.replica.pause();
    REQUIRE(servers.primary.ask({"SET", "k", "v"}).is_ok());
    const auto client = redis_clients_of(servers.topology(), waiting)(context.get_executor(), {});
    const redis_script nothing_to_do{"return redis.call('GET', KEYS[1])"};
    redis_call call{nothing_to_do};
    call.key("k");

    const auto early = run_task_on(context, client->run_script(call, redis_effect::idempotent));
    servers.replica.resume();
    result<redis_reply> late = early;
    const bool is_done = becomes_true([&] {
        late = run_task_on(context, client->run_script(call, redis_effect::idempotent));
        REQUIRE(late);
        return !late->is_error();
    });

    REQUIRE(early);
    CHECK(early->is_error("NOREPLICAS"));
    REQUIRE(is_done);
    CHECK(late->text == "v");
}

TEST_CASE("a verification does not stand behind a write that waits for replicas", "[storage][redis]")
{
    replicated_servers servers;
    asio::io_context context{1};
    const redis_client_options patient{.replication = {.replicas = 1, .patience = patience},
                                       .limits = {.command_deadline = patience}};
    const auto client = redis_clients_of(servers.topology(), patient)(context.get_executor(), {});
    REQUIRE(run_task_on(context, client->run(set("k", "v"), redis_effect::idempotent)));
    const auto has_written = std::make_shared<bool>(false);

    servers.replica.pause();
    auto writing = note_end(client->run(set("k", "v"), redis_effect::idempotent), has_written);
    asio::co_spawn(context, std::move(writing), asio::detached);
    const auto read = run_task_on(context, client->run(get("k"), redis_effect::read));
    const bool has_waited = !*has_written;
    servers.replica.resume();

    REQUIRE(read);
    CHECK(read->text == "v");
    CHECK(has_waited);
    context.restart();
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!*has_written && context.run_one_until(end) > 0) {
    }
    CHECK(*has_written);
}

TEST_CASE("a change that no replica has answers unavailable, and the health says why until one has it",
          "[storage][redis]")
{
    replicated_servers servers;
    topology_case redis{servers.topology(), waiting};
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);

    servers.replica.pause();
    const auto made = run_redis(redis.store->insert_key(redis.token(2, owner)));
    const auto deleted = run_redis(redis.store->delete_key(id));
    const store_health health = redis.store->health();
    const auto found = run_redis(redis.store->ask(id));
    servers.replica.resume();

    CHECK(made.error() == storage_errc::unavailable);
    CHECK(deleted.error() == storage_errc::unavailable);
    CHECK_FALSE(health.can_write);
    CHECK(health.can_read);
    CHECK_THAT(health.problem, Catch::Contains("NOREPLICAS"));
    CHECK(found.error() == storage_errc::not_found); // it was executed; that it lasts is what nobody promised
    redis.delete_token(id);
    redis.add_token(3, owner);
    CHECK(redis.store->health().can_write);
}

} // namespace latchkey::test
