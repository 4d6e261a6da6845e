#include "storage/redis_cluster.hpp"
#include "tests/storage/redis_topology_fixture.hpp"
#include "tests/storage/sample_commands.hpp"
#include "tests/storage/scripted_redis.hpp"
#include "tests/support/patience.hpp"

#include <atomic>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

const std::string ok = "+OK\r\n";
const std::string value = "$5\r\nvalue\r\n";

std::string port_of(const redis_endpoint& server)
{
    return std::to_string(server.address.port);
}

// CLUSTER SLOTS: all of them lie there.
std::string all_at(const redis_endpoint& server)
{
    return "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:" + port_of(server) + "\r\n";
}

std::string moved_to(const redis_endpoint& server)
{
    return "-MOVED 12182 127.0.0.1:" + port_of(server) + "\r\n";
}

std::string ask_at(const redis_endpoint& server)
{
    return "-ASK 12182 127.0.0.1:" + port_of(server) + "\r\n";
}

// Counts what it is told.
struct forgetting_tracker final : redis_tracker {
    void forget(std::string_view) noexcept override {}
    void forget_all() noexcept override { ++forgotten; }
    void note_lease_end() noexcept override {}

    int forgotten = 0;
};

// A client of scripted nodes, which does not ask for the map of its own accord.
struct cluster_fixture {
    explicit cluster_fixture(asio::io_context& on) : context{on} {}

    void connect(std::vector<redis_endpoint> seeds)
    {
        client = std::make_unique<redis_cluster>(
            context.get_executor(),
            redis_cluster_options{.seeds = std::move(seeds), .login = {}, .poll = 60s, .tracker = tracker},
            redis_links_on(context.get_executor(), nullptr, {}));
    }

    result<redis_reply> run(redis_command command, redis_effect effect = redis_effect::read)
    {
        return run_task_on(context, client->run(std::move(command), effect));
    }

    asio::io_context& context;
    std::shared_ptr<forgetting_tracker> tracker = std::make_shared<forgetting_tracker>();
    std::unique_ptr<redis_cluster> client;
};

} // namespace

TEST_CASE("a command goes to the node that the map names, whoever was asked for the map", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis holder{context, {pong, value}};
    const scripted_redis seed{context, {pong, all_at(holder.endpoint())}};
    redis_endpoint nobody = seed.endpoint();
    nobody.address.port = 1;
    cluster_fixture cluster{context};
    cluster.connect({nobody, seed.endpoint()});

    const auto reply = cluster.run(get("foo"));

    REQUIRE(reply);
    CHECK(reply->text == "value");
    CHECK(cluster.client->is_connected());
    CHECK(cluster.client->problem().empty());
}

TEST_CASE("MOVED is followed at once, and remembered", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis present{context, {pong, value, value}};
    // It knows of no other map than the old one.
    scripted_redis former{context, {}};
    const std::string map = all_at(former.endpoint());
    const scripted_redis seed{context, {pong, map, map, map}};
    former.answer_with({pong, moved_to(present.endpoint())});
    cluster_fixture cluster{context};
    cluster.connect({seed.endpoint()});

    const auto first = cluster.run(get("foo"));
    const int forgotten = cluster.tracker->forgotten;
    const auto second = cluster.run(get("foo"));

    REQUIRE(first);
    CHECK(first->text == "value");
    CHECK(cluster.client->redirections().moved == 1);
    CHECK(forgotten == 1); // the former holder tells no more what becomes of the slot
    REQUIRE(second);
    CHECK(second->text == "value");
}

TEST_CASE("several commands find their way one by one, in one write", "[storage][redis]")
{
    asio::io_context context{1};
    // One text for one read, again.
    const scripted_redis present{context, {pong, value + ok}};
    scripted_redis former{context, {}};
    const std::string map = all_at(former.endpoint());
    const scripted_redis seed{context, {pong, map, map, map}};
    const std::string moved = moved_to(present.endpoint());
    former.answer_with({pong, moved + moved});
    cluster_fixture cluster{context};
    cluster.connect({seed.endpoint()});

    const auto all = run_task_on(context, cluster.client->run_all(several(get("foo"), set("foo", "v"))));

    REQUIRE(all);
    REQUIRE(all->items.size() == 2);
    CHECK(all->items[0].text == "value");
    CHECK(all->items[1].is_ok());
    CHECK(cluster.client->redirections().moved == 2);
}

TEST_CASE("ASK is followed this once, with ASKING in the same write, and vouched for by nobody",
          "[storage][redis]")
{
    asio::io_context context{1};
    // One text for one read: the two commands came together, or the second answer would not be there.
    const scripted_redis importing{context, {pong, ok + value}};
    const scripted_redis holder{context, {pong, ask_at(importing.endpoint()), "$3\r\nold\r\n"}};
    const scripted_redis seed{context, {pong, all_at(holder.endpoint())}};
    cluster_fixture cluster{context};
    cluster.connect({seed.endpoint()});

    const tracked_reply first = run_task_on(context, cluster.client->run_tracked(get("foo")));
    const tracked_reply second = run_task_on(context, cluster.client->run_tracked(get("foo")));

    REQUIRE(first.reply);
    CHECK(first.reply->text == "value");
    CHECK(first.lease == nullptr);
    CHECK(cluster.client->redirections().asked == 1);
    REQUIRE(second.reply); // the map is as it was
    CHECK(second.reply->text == "old");
    CHECK(cluster.tracker->forgotten == 0);
}

TEST_CASE("TRYAGAIN and CLUSTERDOWN are waited out", "[storage][redis]")
{
    asio::io_context context{1};
    scripted_redis holder{context, {}};
    const std::string map = all_at(holder.endpoint());
    const scripted_redis seed{context, {pong, map}};
    holder.answer_with({pong, "-TRYAGAIN Multiple keys request during rehashing of slot\r\n", value});
    cluster_fixture cluster{context};
    cluster.connect({seed.endpoint()});

    const auto reply = cluster.run(get("foo"), redis_effect::once);

    REQUIRE(reply);
    CHECK(reply->text == "value");
    CHECK(cluster.client->redirections().tried_again == 1);
}

TEST_CASE("nodes that send a command round in circles make it unavailable, not endless", "[storage][redis]")
{
    asio::io_context context{1};
    scripted_redis one{context, {}};
    scripted_redis other{context, {}};
    std::vector<std::string> to_other(40, moved_to(other.endpoint()));
    std::vector<std::string> to_one(40, moved_to(one.endpoint()));
    to_other.insert(to_other.begin(), {pong, all_at(one.endpoint())});
    to_one.insert(to_one.begin(), pong);
    one.answer_with(std::move(to_other));
    other.answer_with(std::move(to_one));
    cluster_fixture cluster{context};
    cluster.connect({one.endpoint()});

    CHECK(cluster.run(get("foo")).error() == storage_errc::unavailable);
}

TEST_CASE("several keys that are on their way are read one by one", "[storage][redis]")
{
    asio::io_context context{1};
    const scripted_redis importing{context, {pong, ok + value}};
    scripted_redis holder{context, {}};
    holder.answer_with({pong,
                        all_at(holder.endpoint()),
                        "-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
                        "$5\r\nfirst\r\n",
                        ask_at(importing.endpoint())});
    cluster_fixture cluster{context};
    cluster.connect({holder.endpoint()});
    redis_command both{"MGET"};
    both.key("{foo}1").key("{foo}2");

    const auto reply = cluster.run(std::move(both));

    REQUIRE(reply);
    REQUIRE(reply->items.size() == 2);
    CHECK(reply->items[0].text == "first");
    CHECK(reply->items[1].text == "value");
}

TEST_CASE("a server that is no Cluster is a problem that says so", "[storage][redis]")
{
    asio::io_context context{1};
    redis_server server;
    cluster_fixture cluster{context};
    cluster.connect({server.endpoint()});

    CHECK(cluster.run(get("foo")).error() == storage_errc::unavailable);
    CHECK_FALSE(cluster.client->is_connected());
    CHECK_THAT(cluster.client->problem(), Catch::Contains("cluster support disabled"));
}

// --- a real one

TEST_CASE("commands reach every slot of a Cluster, and scripts need not be known there",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    asio::io_context context{1};
    const auto client = redis_clients_of(servers.topology())(context.get_executor(), {});
    const redis_script add{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};

    for (int number = 0; number < 30; ++number) {
        const std::string key = "key" + std::to_string(number);
        const auto sum =
            run_task_on(context, client->run_script(redis_call{add}.key(key).arg("5"), redis_effect::once));
        REQUIRE(sum);
        CHECK(sum->integer == 5);
        CHECK(servers.holder_of(redis_slot_of(key)).ask({"GET", key}).text == "5");
    }
    const auto everywhere = run_task_on(context, client->run_on_every_server(redis_command{"PING"}));
    REQUIRE(everywhere);
    CHECK(everywhere->size() == 3);
}

TEST_CASE("a Cluster of which one server may evict users is refused, and the server named",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    redis_server& wrong = *servers.primaries().back();
    REQUIRE(wrong.ask({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"}).is_ok());
    const fake_clock time;

    const auto opened = run_redis(redis_store::open(redis_clients_of(servers.topology()), time, {}));
    REQUIRE(wrong.ask({"CONFIG", "SET", "maxmemory-policy", "noeviction"}).is_ok());

    REQUIRE_FALSE(opened);
    CHECK_THAT(opened.error().message, Catch::Contains("may evict users"));
    CHECK_THAT(opened.error().message, Catch::Contains(std::to_string(wrong.port())));
}

TEST_CASE("when a Cluster replaces a primary, the store follows, and no token is refused meanwhile",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology(), {.replication = {.replicas = 1}}};
    const uuid owner = redis.add_user(2);
    const key_id kept = redis.add_token(11, owner);
    const key_id doomed = redis.add_token(12, owner);
    const key_id deleted = redis.add_token(13, owner);
    redis.delete_token(deleted);
    servers.wait_until_replicated();
    redis.unavailable = 0;

    const std::uint16_t slot = redis_slot_of(redis_layout::key(kept));
    redis_server& former = servers.holder_of(slot);
    former.kill();

    CHECK(redis.is_found(kept));
    CHECK(redis.unavailable > 0); // no other primary can have been there at once
    CHECK(&servers.holder_of(slot) != &former);
    CHECK_FALSE(redis.is_found(deleted));
    // What waits for a replica needs one: of the new primary that is the old one.
    servers.heal();
    redis.delete_token(doomed);
    CHECK_FALSE(redis.is_found(doomed));
    CHECK(redis.is_found(redis.add_token(14, owner)));
    CHECK(redis.store->health().problem.empty());
}

TEST_CASE("no token is lost or refused while its slot moves, and each way there is taken",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology()};
    topology_case reading{servers.topology(), {.limits = {.command_deadline = patience}}};
    const uuid owner = redis.add_user(3);
    std::vector<key_id> tokens;
    for (std::uint32_t number = 1; number <= 10; ++number)
        tokens.push_back(redis.add_token(number, owner));
    const auto& client = dynamic_cast<const redis_cluster&>(*reading.client);
    const auto all_are_found = [&] {
        return std::ranges::all_of(tokens, [&](const key_id& id) { return reading.is_found(id); });
    };
    REQUIRE(all_are_found());
    REQUIRE(client.redirections().moved == 0);

    const auto move = servers.begin_move(redis_slot_of(redis_layout::key(tokens.front())));
    do
        REQUIRE(all_are_found());
    while (cluster_servers::carry_key(move));
    REQUIRE(all_are_found());
    CHECK(client.redirections().asked > 0);
    CHECK(reading.unavailable == 0);
    // Scripts have keys that are not there, so while the slot is on its way none of them runs.
    CHECK(run_redis(redis.store->delete_key(tokens.back())).error() == storage_errc::unavailable);
    CHECK(redis.is_found(tokens.back()));

    servers.end_move(move);
    REQUIRE(all_are_found());
    CHECK(client.redirections().moved > 0);
    redis.delete_token(tokens.back());
    CHECK_FALSE(redis.is_found(tokens.back()));
    CHECK(redis.is_found(redis.add_token(11, owner)));
    CHECK(&servers.holder_of(move.slot) == &move.to);
}

TEST_CASE("a slot that moves under load costs nothing but time", "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology()};
    const uuid owner = redis.add_user(4);
    const key_id kept = redis.add_token(1, owner);
    std::atomic<bool> is_moving{true};
    std::atomic<int> wrong{0};
    std::atomic<int> seen{0};

    // Two that verify, and one that makes and deletes; each has connections of its own.
    const auto verify = [&] {
        while (is_moving) {
            const auto found = run_in_thread(redis.store->ask(kept));
            if (!found && found.error() != storage_errc::unavailable) ++wrong;
            if (found) ++seen;
        }
    };
    const auto change = [&] {
        for (std::uint32_t number = 100; is_moving; ++number) {
            const key_record key = redis.token(number, owner);
            const auto made = run_in_thread(redis.store->insert_key(key));
            if (!made && made.error() != storage_errc::unavailable) ++wrong;
            if (!made) continue;
            const auto found = run_in_thread(redis.store->ask(key.id));
            if (!found && found.error() != storage_errc::unavailable) ++wrong;
            const auto deleted = run_in_thread(redis.store->delete_key(key.id));
            if (!deleted && deleted.error() != storage_errc::unavailable) ++wrong;
            const auto gone = run_in_thread(redis.store->ask(key.id));
            if (deleted && gone) ++wrong;
            ++seen;
        }
    };
    std::vector<std::thread> workers;
    workers.emplace_back(verify);
    workers.emplace_back(verify);
    workers.emplace_back(change);
    std::string failure;
    try {
        for (int round = 0; round < 4; ++round) {
            const int before = seen;
            wait_until("the load goes on", [&] { return seen > before + 20; });
            const auto move = servers.begin_move(redis_slot_of(redis_layout::key(kept)));
            while (cluster_servers::carry_key(move)) {
            }
            servers.end_move(move);
        }
        const int before = seen;
        wait_until("the load goes on", [&] { return seen > before + 20; });
    } catch (const std::exception& thrown) {
        failure = thrown.what();
    }
    is_moving = false;
    for (std::thread& each : workers)
        each.join();

    CHECK(failure == "");
    CHECK(wrong == 0);
    CHECK(redis.is_found(kept));
}

} // namespace latchkey::test
