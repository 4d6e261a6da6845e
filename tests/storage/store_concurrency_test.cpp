// What every store promises when several shards use it at once. Run it under TSan too.
#include "storage/run_to_end.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/support/catch.hpp"

#include <latch>
#include <list>
#include <mutex>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// Outlives its thread: a writer thread may still be inside its post() when the task it woke has ended.
asio::io_context& context_of_thread()
{
    static std::mutex mutex;
    static std::list<asio::io_context> all;
    thread_local asio::io_context* mine = nullptr;
    if (mine == nullptr) {
        const std::lock_guard hold{mutex};
        mine = &all.emplace_back(1);
    }
    return *mine;
}

// As run_task, for threads of which Catch must not know.
template <class T>
T run_on_shard(task<T> work)
{
    return run_to_end(context_of_thread(), std::move(work));
}

// What a verification on such a thread sees.
std::optional<key_record> look_on_shard(store& records, const key_id& id)
{
    {
        const key_lookup answer = records.lookup(id);
        if (answer.what == key_lookup::outcome::found) return answer.record();
        if (answer.what == key_lookup::outcome::absent) return std::nullopt;
    }
    auto found = run_on_shard(records.ask(id));
    if (!found) return std::nullopt;
    return std::move(found->key);
}

user_change dropping_keys(time_point now)
{
    user_change change;
    change.drop_keys = true;
    change.now = now;
    return change;
}

} // namespace

TEST_CASE("of two tokens of one name inserted at once exactly one gets it")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    constexpr std::uint32_t rounds = 100;
    std::array<std::atomic<int>, rounds> inserted{};
    std::array<std::atomic<int>, rounds> refused{};

    const auto race = [&](std::uint32_t first_id) {
        for (std::uint32_t round = 0; round < rounds; ++round) {
            key_record key = store.token(first_id + round, owner);
            key.name = "name-" + std::to_string(round);
            const auto outcome = run_on_shard(store->insert_key(std::move(key)));
            if (outcome) ++inserted[round];
            if (!outcome && outcome.error() == storage_errc::name_taken) ++refused[round];
        }
    };
    std::thread one{race, 1000};
    std::thread two{race, 2000};
    one.join();
    two.join();

    for (std::uint32_t round = 0; round < rounds; ++round) {
        CAPTURE(round);
        CHECK(inserted[round] == 1);
        CHECK(refused[round] == 1);
    }
    CHECK(run_task(store->list_all_keys(owner))->size() == rounds);
}

TEST_CASE("of two first users inserted at once exactly one gets in")
{
    const store_fixture store{any_store()};
    std::atomic<int> inserted = 0;
    const auto race = [&](std::uint32_t number) {
        if (run_on_shard(store->insert_first_user(sample_user(number, store.now())))) ++inserted;
    };

    std::thread one{race, 1};
    std::thread two{race, 2};
    one.join();
    two.join();

    CHECK(inserted == 1);
    CHECK(run_task(store->list_users())->size() == 1);
}

TEST_CASE("a verification beside deletions sees whole keys, and none whose deletion was acknowledged")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    constexpr std::uint32_t keys = 200;
    for (std::uint32_t number = 0; number < keys; ++number)
        store.add_token(number, owner);
    std::atomic<std::uint32_t> deleted = 0; // keys below this number were acknowledged as deleted
    std::atomic<int> wrong = 0;
    std::atomic<bool> is_over = false;
    std::latch started{2};

    std::thread verifier{[&] {
        started.count_down();
        while (!is_over) {
            for (std::uint32_t number = 0; number < keys; ++number) {
                const std::uint32_t dead_below = deleted;
                const auto seen = look_on_shard(*store, store.id(number));
                if (seen && (number < dead_below || seen->name != "token-" + std::to_string(number))) ++wrong;
            }
        }
    }};
    started.arrive_and_wait();
    for (std::uint32_t number = 0; number < keys; ++number) {
        if (!run_on_shard(store->delete_key(store.id(number)))) ++wrong;
        deleted = number + 1;
    }
    is_over = true;
    verifier.join();

    CHECK(wrong == 0);
}

TEST_CASE("everything at once leaves the table in order")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    std::atomic<int> unexpected = 0;
    const auto work = [&](std::uint32_t first) {
        for (std::uint32_t number = first; number < first + 60; ++number) {
            const key_id id = store.id(number);
            if (!run_on_shard(store->insert_key(store.token(number, owner)))) ++unexpected;
            store->record_use(id, store.now());
            run_on_shard(store->extend_key(id, store.now() + 2h, store.now())).has_value();
            if (number % 20 == 7) {
                if (!run_on_shard(store->change_user(owner, dropping_keys(store.now())))) ++unexpected;
            }
            run_on_shard(all_of(store->list_tokens({.now = store.now(), .limit = 5}))).has_value();
            if (number % 2 == 0) run_on_shard(store->expire_key(id, store.now())).has_value();
            if (number % 3 == 0) run_on_shard(store->delete_key(id)).has_value();
        }
    };

    std::thread one{work, 1000};
    std::thread two{work, 2000};
    for (int i = 0; i < 20; ++i)
        store.pass(1s);
    one.join();
    two.join();

    CHECK(unexpected == 0);
    REQUIRE(run_task(store->change_user(owner, dropping_keys(store.now()))));
    store.pass(1s);
    CHECK(run_task(store->list_all_keys(owner))->empty());
    for (std::uint32_t number = 1000; number < 1060; ++number)
        store.add_token(number, owner); // ids are free
}
