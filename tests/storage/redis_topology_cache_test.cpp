// The cache over servers of which one goes, or between which a slot moves: four threads verify and one makes
// and revokes tokens all the while, and a history of both is held against what is promised.
#include "tests/storage/redis_topology_fixture.hpp"

#include <array>
#include <atomic>
#include <thread>

namespace latchkey::test {
namespace {

using namespace std::chrono_literals;
using moment = std::chrono::steady_clock::time_point;

constexpr std::chrono::milliseconds lease{100};

// Tokens that were made one after the other. A verification tells what it saw of one when it has ended.
class token_history {
public:
    static constexpr std::size_t most = 20'000;

    struct token {
        key_id id;
        std::atomic<bool> is_being_revoked{false}; // or has been
        std::atomic<moment> revoked_at{moment::max()};
    };

    token& begin(const key_id& id)
    {
        token& one = tokens_.at(count_);
        one.id = id;
        ++count_;
        return one;
    }

    // One of the last few. Null: there is none yet.
    token* pick(std::size_t turn)
    {
        const std::size_t count = count_;
        return count == 0 ? nullptr : &tokens_[count - 1 - turn % std::min<std::size_t>(count, 8)];
    }

    // The promise: whoever begins to verify a lease after the revocation was answered is refused. It was
    // executed before it was answered, so this judges nobody wrongly.
    void note_accepted(const token& one, moment begun)
    {
        const moment end = one.revoked_at;
        if (end != moment::max() && begun > end + lease) ++late_acceptances;
        ++accepted;
    }

    void note_refused(const token& one)
    {
        if (!one.is_being_revoked) ++wrong_refusals;
    }

    std::atomic<int> accepted{0};
    std::atomic<int> revoked{0};
    std::atomic<int> late_acceptances{0};
    std::atomic<int> wrong_refusals{0};
    std::atomic<int> odd_failures{0}; // other than that Redis is away

private:
    std::vector<token> tokens_ = std::vector<token>(most);
    std::atomic<std::size_t> count_{0};
};

// A thread's own context: what has come from Redis is heard before the cache is asked.
void hear_news()
{
    redis_context().restart();
    redis_context().poll();
}

void verify_one(redis_store& store, token_history& history, token_history::token& one)
{
    hear_news();
    const moment begun = std::chrono::steady_clock::now();
    const key_lookup seen = store.lookup(one.id);
    if (seen.what == key_lookup::outcome::found) {
        history.note_accepted(one, begun);
    } else if (seen.what == key_lookup::outcome::absent) {
        history.note_refused(one);
    } else {
        const auto asked = run_in_thread(store.ask(one.id));
        if (asked)
            history.note_accepted(one, begun);
        else if (asked.error() == storage_errc::not_found)
            history.note_refused(one);
        else if (asked.error() != storage_errc::unavailable)
            ++history.odd_failures;
    }
}

class verifying_load {
    topology_case& redis_;
    uuid owner_;

public:
    const key_id kept; // never revoked

    explicit verifying_load(topology_case& over)
        : redis_{over},
          owner_{over.add_user(7)},
          kept{over.add_token(token_history::most, owner_)}
    {
        for (std::size_t number = 0; number < 4; ++number)
            threads_.emplace_back([this, number] { verify(number); });
        threads_.emplace_back([this] { revoke(); });
    }

    ~verifying_load() { stop(); }

    void stop()
    {
        is_over_ = true;
        for (std::thread& each : threads_)
            each.join();
        threads_.clear();
    }

    // Until so many more have been revoked, and seen in between.
    void go_on(int revocations)
    {
        const int end = history.revoked + revocations;
        wait_until("tokens are made, seen and revoked", [&] { return history.revoked >= end; });
    }

    std::uint16_t slot() const
    {
        return redis_slot_of(redis_layout::keys(redis_.store->id_prefix(owner_), owner_));
    }

    token_history history;

private:
    void verify(std::size_t number)
    {
        for (std::size_t turn = number; !is_over_; ++turn) {
            if (auto* const one = history.pick(turn)) verify_one(*redis_.store, history, *one);
        }
    }

    void revoke()
    {
        for (std::uint32_t number = 1; !is_over_ && number < token_history::most; ++number) {
            const key_record key = redis_.token(number, owner_);
            if (!run_in_thread(redis_.store->insert_key(key))) continue; // made or not: nobody hears of it
            token_history::token& one = history.begin(key.id);
            const int enough = history.accepted + 12;
            while (!is_over_ && history.accepted < enough)
                std::this_thread::yield();
            one.is_being_revoked = true;
            while (!is_over_) {
                const auto deleted = run_in_thread(redis_.store->delete_key(key.id));
                if (!deleted && deleted.error() == storage_errc::unavailable) continue;
                if (!deleted && deleted.error() != storage_errc::not_found) ++history.odd_failures;
                one.revoked_at = std::chrono::steady_clock::now();
                ++history.revoked;
                break;
            }
        }
    }

    std::atomic<bool> is_over_{false};
    std::vector<std::thread> threads_;
};

const redis_store_options cached{.cache_bytes = 1'000'000, .cache_lease = lease};
const redis_client_options to_a_replica{.replication = {.replicas = 1}};

// While the threads are there: their caches go with them.
void end_and_check(verifying_load& load, const redis_store& store)
{
    const cache_figures figures = store.figures();
    load.stop();
    const token_history& history = load.history;
    CHECK(history.late_acceptances == 0);
    CHECK(history.wrong_refusals == 0);
    CHECK(history.odd_failures == 0);
    CHECK(figures.hits > 0);
    CHECK(figures.invalidations > 0);
}

} // namespace

TEST_CASE("no revoked token is accepted, and no live one refused, by a cache whose primary Sentinels replace",
          "[storage][redis][topology]")
{
    sentinel_servers& servers = shared_sentinel();
    topology_case redis{servers.topology(), to_a_replica, cached};
    verifying_load load{redis};
    load.go_on(20);

    servers.primary().kill();
    load.go_on(20);

    end_and_check(load, *redis.store);
}

TEST_CASE(
    "no revoked token is accepted, and no live one refused, by a cache whose primary a Cluster replaces",
    "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology(), to_a_replica, cached};
    verifying_load load{redis};
    load.go_on(20);

    servers.holder_of(load.slot()).kill();
    CHECK(redis.is_found(load.kept));
    servers.heal(); // a revocation waits for a replica of the new primary
    load.go_on(20);

    end_and_check(load, *redis.store);
}

TEST_CASE("no revoked token is accepted, and no live one refused, by a cache whose slot moves",
          "[storage][redis][topology]")
{
    cluster_servers& servers = shared_cluster();
    servers.flush();
    topology_case redis{servers.topology(), {}, cached};
    verifying_load load{redis};
    load.go_on(20);

    for (int round = 0; round < 4; ++round) {
        const auto move = servers.begin_move(load.slot());
        while (cluster_servers::carry_key(move)) {
        }
        cluster_servers::end_move(move);
        load.go_on(10);
    }

    end_and_check(load, *redis.store);
}

} // namespace latchkey::test
