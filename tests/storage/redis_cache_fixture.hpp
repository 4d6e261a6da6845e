// A store with a cache over a real Redis, behind a proxy, and another server beside it.
#pragma once

#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/redis_proxy.hpp"

#include <boost/asio/redirect_error.hpp>

#include <functional>
#include <memory>

namespace latchkey::test {

using namespace std::chrono_literals;
using outcome = key_lookup::outcome;
using line = redis_proxy::line;

inline constexpr std::chrono::milliseconds long_lease{60'000}; // none of the tests waits for its end

inline task<bool> wait_until(std::function<bool()> is_so)
{
    redis_timer pause{co_await asio::this_coro::executor};
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!is_so() && std::chrono::steady_clock::now() < end) {
        pause.expires_after(1ms);
        co_await pause.async_wait(use_task);
    }
    co_return is_so();
}

// A store with a cache behind a proxy, and another server without either.
struct cached_case {
    explicit cached_case(redis_store_options options = {.cache_bytes = 1'000'000, .cache_lease = long_lease},
                         redis_server& over = empty_redis())
        : server{over}
    {
        redis_endpoint through = server.endpoint();
        through.address.port = proxy.port();
        auto opened = run_redis(redis_store::open(clients_of(through), time, options));
        REQUIRE(opened);
        store = std::move(*opened);
        other = open_redis_store(server, time);
        owner = sample_uuid(1);
        REQUIRE(run_redis(other->insert_user(sample_user(1, time.now()))));
    }

    key_id add_token(std::uint32_t number) const
    {
        key_record key = sample_token(number, owner, time.now());
        std::ranges::copy(other->id_prefix(owner), key.id.characters.begin());
        const key_id id = key.id;
        REQUIRE(run_redis(other->insert_key(std::move(key))));
        return id;
    }

    outcome look(const key_id& id) const { return store->lookup(id).what; }

    static bool holds_until(std::function<bool()> is_so) { return run_redis(wait_until(std::move(is_so))); }

    // Asks until the answer is kept: not before a lease has been proven.
    void cache(const key_id& id, outcome as = outcome::found) const
    {
        REQUIRE(becomes_true([&] {
            if (look(id) == as) return true;
            REQUIRE(run_redis(store->ask(id)).has_value() == (as == outcome::found));
            return false;
        }));
    }

    // As cache(), while the store may be unable to answer.
    bool finds_again(const key_id& id) const
    {
        return becomes_true([&] {
            if (look(id) == outcome::found) return true;
            static_cast<void>(run_redis(store->ask(id)).has_value());
            return false;
        });
    }

    redis_server& server;
    redis_proxy proxy{server.port()};
    steady_wall_clock time;
    std::unique_ptr<redis_store> store;
    std::unique_ptr<redis_store> other;
    uuid owner;
};

} // namespace latchkey::test
