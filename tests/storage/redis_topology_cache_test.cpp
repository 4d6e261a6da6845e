// The cache over servers of which one goes, or between which a slot moves: four threads of one server verify,
// and another server makes and revokes tokens all the while; a history of the checks is judged by its times.
#include "tests/storage/redis_topology_fixture.hpp"
#include "tests/support/check_history.hpp"

#include <atomic>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds lease{100};
constexpr std::size_t most_tokens = 20'000;
constexpr std::size_t verifiers = 4;

const redis_store_options cached{.cache_bytes = 1'000'000, .cache_lease = lease};
const redis_client_options to_a_replica{.replication = {.replicas = 1}};

// A thread's own context: what has come from Redis is heard before the cache is asked.
void hear_news()
{
    redis_context().restart();
    redis_context().poll();
}

struct verifying_load {
    verifying_load(const redis_topology& topology, const redis_client_options& revoker)
        : verifying{topology, {}, cached},
          revoking{topology, revoker}
    {
        for (std::size_t number = 0; number < verifiers; ++number)
            threads.emplace_back([this, number] { verify(number); });
        threads.emplace_back([this] { revoke(); });
    }

    ~verifying_load() { stop(); }

    void stop()
    {
        is_over = true;
        for (std::thread& each : threads)
            each.join();
        threads.clear();
    }

    // Until so many more have been revoked, and seen in between.
    void go_on(int revocations)
    {
        const int end = revoked + revocations;
        wait_until("tokens are made, seen and revoked", [&] { return revoked >= end; });
    }

    // The last few tokens, some revoked and one not.
    void verify(std::size_t number)
    {
        for (std::size_t turn = number; !is_over; ++turn) {
            const std::size_t made = count;
            if (made != 0) verify_token(made - 1 - turn % std::min<std::size_t>(made, 8));
        }
    }

    void verify_token(std::size_t token)
    {
        hear_news();
        const auto begun = check_history::clock::now();
        const auto seen = verifying.store->lookup(ids[token]).what;
        bool is_accepted = seen == key_lookup::outcome::found;
        if (seen == key_lookup::outcome::ask) {
            const auto asked = run_in_thread(verifying.store->ask(ids[token]));
            const bool is_known = asked || asked.error() == storage_errc::not_found;
            if (!is_known && asked.error() != storage_errc::unavailable) ++odd_failures;
            if (!is_known) {
                history.unavailable();
                return;
            }
            is_accepted = asked.has_value();
        }
        if (is_accepted)
            history.accepted(token, begun);
        else
            history.refused(token, check_history::clock::now());
    }

    void revoke()
    {
        for (std::uint32_t number = 1; !is_over && count < most_tokens; ++number) {
            const key_record key = revoking.token(number, owner);
            if (!run_in_thread(revoking.store->insert_key(key))) continue; // made or not: nobody hears of it
            const std::size_t token = count;
            ids[token] = key.id;
            ++count;
            const std::uint64_t enough = history.acceptances() + 12;
            while (!is_over && history.acceptances() < enough)
                std::this_thread::yield();
            history.revoking(token, check_history::clock::now());
            if (!delete_key(key.id)) return;
            history.revoked(token, check_history::clock::now());
            ++revoked;
        }
    }

    // False: the test is over, and nobody knows.
    bool delete_key(const key_id& id)
    {
        while (!is_over) {
            const auto deleted = run_in_thread(revoking.store->delete_key(id));
            // An earlier try whose answer was lost has done it.
            if (deleted || deleted.error() == storage_errc::not_found) return true;
            if (deleted.error() != storage_errc::unavailable) ++odd_failures;
        }
        return false;
    }

    void end_and_check()
    {
        const cache_figures figures = verifying.store->figures(); // the caches go with their threads
        stop();
        CHECK(history.faults(lease) == std::vector<std::string>{});
        CHECK(odd_failures == 0);
        CHECK(figures.hits > 0);
        CHECK(figures.invalidations > 0);
    }

    std::uint16_t slot() const { return redis_slot_of(redis_layout::key(kept)); }

    topology_case verifying;
    topology_case revoking;
    const uuid owner = revoking.add_user(7);
    const key_id kept = revoking.add_token(most_tokens, owner); // never revoked
    check_history history{most_tokens};
    std::vector<key_id> ids = std::vector<key_id>(most_tokens);
    std::atomic<std::size_t> count{0};
    std::atomic<int> revoked{0};
    std::atomic<int> odd_failures{0}; // other than that Redis is away
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
};

} // namespace

TEST_CASE("no revoked token is accepted, and no live one refused, by a cache whose primary Sentinels replace",
          "[storage][redis][topology]")
{
    sentinel_servers& servers = shared_sentinel();
    verifying_load load{servers.topology(), to_a_replica};
    load.go_on(20);

    servers.primary().kill();
    load.go_on(20);

    load.end_and_check();
}

TEST_CASE(
    "no revoked token is accepted, and no live one refused, by a cache whose primary a Cluster replaces",
    "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    verifying_load load{servers.topology(), to_a_replica};
    load.go_on(20);

    servers.holder_of(load.slot()).kill();
    CHECK(load.revoking.is_found(load.kept));
    servers.heal(); // a revocation waits for a replica of the new primary
    load.go_on(20);

    load.end_and_check();
}

TEST_CASE("no revoked token is accepted, and no live one refused, by a cache whose slot moves",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    verifying_load load{servers.topology(), {}};
    load.go_on(20);

    for (int round = 0; round < 4; ++round) {
        const auto move = servers.begin_move(load.slot());
        while (cluster_servers::carry_key(move)) {
        }
        servers.end_move(move);
        load.go_on(10);
    }

    load.end_and_check();
}

} // namespace latchkey::test
