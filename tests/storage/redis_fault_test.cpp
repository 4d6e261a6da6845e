// Revocation under faults between the servers and one Redis: a history of checks, judged by its times.
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/check_history.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/redis_proxy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <functional>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds lease{150};
constexpr std::size_t token_count = 45;
constexpr int verifier_count = 4;

using line = redis_proxy::line;

// One server with its verifying threads behind the proxy; another one, without a cache, revokes directly.
struct revocation_scene {
    revocation_scene()
    {
        redis_endpoint through = server.endpoint();
        through.address.port = proxy.port();
        const redis_store_options options{.cache_bytes = 1'000'000, .cache_lease = lease};
        auto opened = run_redis(redis_store::open(clients_of(through), time, options));
        REQUIRE(opened);
        verifying = std::move(*opened);
        revoking = open_redis_store(server, time);
        const uuid owner = sample_uuid(1);
        REQUIRE(run_redis(revoking->insert_user(sample_user(1, time.now()))));
        for (std::uint32_t number = 0; number < token_count; ++number) {
            key_record key = sample_token(number, owner, time.now());
            std::ranges::copy(revoking->id_prefix(owner), key.id.characters.begin());
            ids.push_back(key.id);
            REQUIRE(run_redis(revoking->insert_key(std::move(key))));
        }
    }

    ~revocation_scene() { stop(); }

    void start()
    {
        for (int number = 0; number < verifier_count; ++number)
            threads.emplace_back([this, number] { verify_on_a_shard(number); });
    }

    void stop()
    {
        is_over = true;
        for (std::thread& one : threads)
            one.join();
        threads.clear();
    }

    void verify_on_a_shard(int number)
    {
        asio::io_context context{1};
        auto verifying_all = verify_all(this, number);
        asio::co_spawn(context, std::move(verifying_all), [&](const std::exception_ptr& thrown) {
            if (thrown) ++exceptions;
            context.stop();
        });
        context.run();
    }

    static bool is_good(const key_facts& key, const owner_view& owner, time_point now)
    {
        const bool is_owner_good = !owner.is_deleted && owner.status == user_status::active;
        return is_owner_good && key.owner_epoch == owner.key_epoch && key.expires_at > now &&
               key.kind != digest_kind::wiped;
    }

    static task<void> verify_all(revocation_scene* scene, int number)
    {
        const executor where = co_await asio::this_coro::executor;
        redis_timer pause{where};
        while (!scene->is_over) {
            for (std::size_t token = 0; token < scene->ids.size() && !scene->is_over; ++token) {
                auto verifying_one = verify(scene, token);
                co_await std::move(verifying_one);
            }
            ++scene->rounds[number];
            pause.expires_after(200us); // the other threads and servers want to run too
            co_await pause.async_wait(use_task);
        }
    }

    static task<void> verify(revocation_scene* scene, std::size_t token)
    {
        const auto begun = check_history::clock::now();
        bool is_accepted = false;
        {
            const key_lookup answer = scene->verifying->lookup(scene->ids[token]);
            if (answer.what == key_lookup::outcome::found)
                is_accepted = is_good(*answer.key, answer.owner, scene->time.now());
            if (answer.what != key_lookup::outcome::ask) {
                scene->note(token, is_accepted, begun);
                co_return;
            }
        }
        auto asking = scene->verifying->ask(scene->ids[token]);
        const result<key_with_owner> read = co_await std::move(asking);
        if (!read && read.error() != storage_errc::not_found) {
            scene->history.unavailable();
            redis_timer pause{co_await asio::this_coro::executor, 5ms};
            co_await pause.async_wait(use_task);
            co_return;
        }
        if (read) is_accepted = is_good(read->key, read->owner.view(), scene->time.now());
        scene->note(token, is_accepted, begun);
    }

    void note(std::size_t token, bool is_accepted, check_history::time begun)
    {
        if (is_accepted)
            history.accepted(token, begun);
        else
            history.refused(token, check_history::clock::now());
    }

    // By deletion, by expiry, and by both again.
    void revoke(std::size_t token)
    {
        history.revoking(token, check_history::clock::now());
        while (true) {
            error_code failure;
            if (token % 2 == 0) {
                const auto deleted = run_redis(revoking->delete_key(ids[token]));
                if (!deleted) failure = deleted.error();
            } else {
                const auto expired = run_redis(revoking->expire_key(ids[token], time.now()));
                if (!expired) failure = expired.error();
            }
            // not_found: an earlier try whose answer was lost has done it.
            if (!failure || failure == storage_errc::not_found) break;
            REQUIRE(failure == storage_errc::unavailable);
        }
        history.revoked(token, check_history::clock::now());
    }

    template <class Condition>
    void wait_until(std::string_view what, Condition is_so)
    {
        INFO(what);
        REQUIRE(becomes_true(is_so));
    }

    void wait_for_hits(std::uint64_t more)
    {
        const std::uint64_t before = verifying->figures().hits;
        wait_until("the cache answers", [&] { return verifying->figures().hits >= before + more; });
    }

    // Every thread has gone over all tokens once more.
    void wait_for_a_round()
    {
        std::array<std::uint64_t, verifier_count> before{};
        for (int number = 0; number < verifier_count; ++number)
            before[number] = rounds[number] + 1;
        wait_until("every thread goes on", [&] {
            for (int number = 0; number < verifier_count; ++number) {
                if (rounds[number] <= before[number]) return false;
            }
            return true;
        });
    }

    redis_server& server = empty_redis();
    redis_proxy proxy{server.port()};
    steady_wall_clock time;
    std::unique_ptr<redis_store> verifying;
    std::unique_ptr<redis_store> revoking;
    std::vector<key_id> ids;
    check_history history{token_count};
    std::array<std::atomic<std::uint64_t>, verifier_count> rounds{};
    std::atomic<int> exceptions{0};
    std::atomic<bool> is_over{false};
    std::vector<std::thread> threads;
};

struct trouble {
    const char* name;
    std::function<void(revocation_scene&)> begin;
    std::function<void(revocation_scene&)> end;
};

const auto nothing = [](revocation_scene&) {};

const std::vector<trouble>& troubles()
{
    static const std::vector<trouble> all = {
        {"none", nothing, nothing},
        {"the stream of changes is cut",
         [](revocation_scene& scene) { scene.proxy.cut(line::changes); },
         [](revocation_scene& scene) { scene.proxy.cut(line::changes); }},
        {"the stream of changes falls silent",
         [](revocation_scene& scene) { scene.proxy.hold(line::changes); },
         [](revocation_scene& scene) { scene.proxy.release(); }},
        {"the stream of changes ends unnoticed",
         [](revocation_scene& scene) { scene.proxy.cut_silently(line::changes); },
         nothing},
        {"the data connections are cut",
         [](revocation_scene& scene) { scene.proxy.cut(line::data); },
         [](revocation_scene& scene) { scene.proxy.cut(line::data); }},
        {"the data connections end unnoticed, and Redis forgets what they track",
         [](revocation_scene& scene) { scene.proxy.cut_silently(line::data); },
         nothing},
        {"answers of Redis come late",
         [](revocation_scene& scene) { scene.proxy.hold(line::data); },
         [](revocation_scene& scene) { scene.proxy.release(); }},
        {"both connections are cut",
         [](revocation_scene& scene) {
             scene.proxy.cut(line::changes);
             scene.proxy.cut(line::data);
         },
         [](revocation_scene& scene) {
             scene.proxy.cut(line::data);
             scene.proxy.cut(line::changes);
         }},
        {"CLIENT PAUSE",
         [](revocation_scene& scene) {
             REQUIRE(scene.server.ask({"CLIENT", "PAUSE", "300", "ALL"}).is_ok());
         },
         nothing},
    };
    return all;
}

} // namespace

TEST_CASE("a history of checks knows an acceptance that is too late, and a refusal that is wrong")
{
    check_history history{3};
    const check_history::time start = check_history::clock::now();
    history.accepted(0, start + 100ms);
    history.revoking(0, start);
    history.revoked(0, start);
    history.refused(1, start + 2s);
    history.revoking(1, start + 1s);
    history.revoked(1, start + 1s);
    history.accepted(2, start);
    CHECK(history.faults(100ms).empty());

    SECTION("accepted one tick past the lease")
    {
        history.accepted(0, start + 100ms + 1ns);
    }
    SECTION("refused one tick before it was revoked")
    {
        history.refused(1, start + 1s - 1ns);
    }
    SECTION("refused without ever being revoked")
    {
        history.refused(2, start + 1h);
    }
    CHECK(history.faults(100ms).size() == 1);
}

TEST_CASE(
    "a history of checks shows no acceptance later than a lease after the revocation, and no live token "
    "refused, whatever fails between server and Redis")
{
    const trouble& now = troubles()[GENERATE(range(std::size_t{0}, troubles().size()))];
    INFO(now.name);
    revocation_scene scene;
    scene.start();
    scene.wait_for_hits(1000);

    for (std::size_t token = 0; token < token_count; ++token) {
        if (token == token_count / 3) now.begin(scene);
        if (token == 2 * token_count / 3) now.end(scene);
        scene.revoke(token);
        // Under the fault the threads may not get round for a while; it lasts longer than two leases.
        const bool is_disturbed = token >= token_count / 3 && token < 2 * token_count / 3;
        if (is_disturbed) std::this_thread::sleep_for(lease / 6);
        if (!is_disturbed && token % 5 == 0) scene.wait_for_a_round();
    }
    scene.wait_for_hits(1000); // of absences, and of what has expired
    scene.wait_for_a_round();
    scene.stop();

    for (const std::string& wrong : scene.history.faults(lease))
        FAIL_CHECK(wrong);
    CHECK(scene.exceptions == 0);
    CHECK(scene.history.acceptances() > 0);
    CHECK(scene.history.refusals() > 0);
}

TEST_CASE("a history of checks of a Redis that stands still: answers from the cache for a lease, then none")
{
    revocation_scene scene;
    scene.start();
    scene.wait_for_hits(1000);
    for (std::size_t token = 0; token < 5; ++token)
        scene.revoke(token);

    const auto stopped = check_history::clock::now();
    scene.server.pause();
    const std::uint64_t before = scene.history.outages();
    scene.wait_until("the store is not there",
                     [&] { return scene.history.outages() >= before + 2UL * verifier_count; });
    const std::uint64_t hits = scene.verifying->figures().hits;
    CHECK(check_history::clock::now() - stopped >= lease);
    scene.wait_until("nobody answers",
                     [&] { return scene.history.outages() >= before + 4UL * verifier_count; });
    CHECK(scene.verifying->figures().hits == hits);
    scene.server.resume();

    scene.wait_for_hits(1000);
    for (std::size_t token = 5; token < 10; ++token)
        scene.revoke(token);
    scene.wait_for_a_round();
    scene.stop();

    for (const std::string& wrong : scene.history.faults(lease))
        FAIL_CHECK(wrong);
    CHECK(scene.exceptions == 0);
}
