// A store over Redis servers that belong together, with samples, for tests in which one of them goes or a
// slot moves: every call is made again until it is known what came of it, and may fail for no other reason
// than that Redis is away.
#pragma once

#include "storage/redis_clients.hpp"
#include "storage/redis_cluster.hpp"
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/redis_topologies.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace latchkey::test {

// As run_redis, for threads of which Catch must not know.
template <class T>
T run_in_thread(task<T> work)
{
    asio::io_context& context = redis_context();
    const auto value = std::make_shared<std::optional<T>>();
    asio::co_spawn(context, std::move(work), [value](std::exception_ptr thrown, T made) {
        if (thrown) std::rethrow_exception(thrown);
        value->emplace(std::move(made));
    });
    context.restart();
    while (!*value && context.run_one() > 0) {
    }
    return std::move(**value);
}

struct topology_case {
    explicit topology_case(const redis_topology& topology,
                           redis_client_options options = {},
                           redis_store_options store_options = {})
    {
        time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
        auto clients = redis_clients_of(topology, std::move(options));
        // Remembers this thread's client, to look at; it is the first to be made.
        auto observed = [this, clients](executor where, const redis_tracking& tracking) {
            auto made = clients(where, tracking);
            redis_client* none = nullptr;
            client.compare_exchange_strong(none, made.get());
            return made;
        };
        auto made = run_redis(redis_store::open(std::move(observed), time, store_options));
        INFO((made ? "" : made.error().message));
        REQUIRE(made);
        store = std::move(*made);
    }

    uuid add_user(std::uint32_t number)
    {
        persist([&] { return settled(run_redis(store->insert_user(sample_user(number, time.now())))); });
        return sample_uuid(number);
    }

    key_record token(std::uint32_t number, const uuid& owner) const
    {
        key_record key = sample_token(number, owner, time.now());
        std::ranges::copy(store->id_prefix(owner), key.id.characters.begin());
        return key;
    }

    key_id add_token(std::uint32_t number, const uuid& owner)
    {
        const key_record key = token(number, owner);
        persist([&] { return settled(run_redis(store->insert_key(key))); });
        return key.id;
    }

    // A call that failed with unavailable may have made it; to the next one it is somebody else's.
    static result<void> settled(result<void> outcome)
    {
        return outcome.has_error() && outcome.error() == storage_errc::id_taken ? result<void>{} : outcome;
    }

    void delete_token(const key_id& id)
    {
        persist([&] {
            const auto deleted = run_redis(store->delete_key(id));
            const bool is_gone = deleted || deleted.error() == storage_errc::not_found;
            return is_gone ? result<void>{} : result<void>{deleted.error()};
        });
    }

    // Whether a verification finds it, as soon as there is an answer.
    bool is_found(const key_id& id)
    {
        bool is_there = false;
        persist([&] {
            const auto found = run_redis(store->ask(id));
            is_there = found.has_value();
            const bool is_known = found || found.error() == storage_errc::not_found;
            return is_known ? result<void>{} : result<void>{found.error()};
        });
        return is_there;
    }

    // Until it succeeds. Fails the test for any failure but unavailable.
    template <class Act>
    void persist(const Act& act)
    {
        REQUIRE(becomes_true([&] {
            const result<void> done = act();
            if (done) return true;
            REQUIRE(done.error() == storage_errc::unavailable);
            ++unavailable;
            return false;
        }));
    }

    fake_clock time;
    std::atomic<redis_client*> client{nullptr};
    std::unique_ptr<redis_store> store;
    int unavailable = 0; // how often Redis was away
};

} // namespace latchkey::test
