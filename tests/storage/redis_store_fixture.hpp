// Redis stores for tests: over one server that all tests of the process share, emptied for each, or over
// one of the test's own.
#pragma once

#include "storage/redis_standalone.hpp"
#include "storage/redis_store.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/token_lists.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

// The shared server, with nothing in it.
inline redis_server& empty_redis()
{
    static redis_server server;
    REQUIRE(server.ask({"FLUSHALL"}).is_ok());
    return server;
}

inline asio::io_context& redis_context()
{
    thread_local asio::io_context context{1};
    return context;
}

// As run_task, but all on one context: so that there is one client for each store and thread, whose
// periodic work goes on in every call.
template <class T>
T run_redis(task<T> work)
{
    return run_task_on(redis_context(), std::move(work));
}

inline redis_client_factory clients_of(redis_endpoint endpoint, redis_limits limits = {})
{
    return [endpoint = std::move(endpoint), limits](executor where, redis_tracking tracking) {
        return std::make_unique<redis_standalone>(where, endpoint, nullptr, limits, std::move(tracking));
    };
}

inline std::unique_ptr<redis_store>
open_redis_store(const redis_server& server, const clock& time, redis_store_options options = {})
{
    auto made = run_redis(redis_store::open(clients_of(server.endpoint()), time, options));
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    return std::move(*made);
}

// A store over the shared server or another, with samples.
struct redis_case {
    explicit redis_case(redis_server& over = empty_redis()) : server{over}
    {
        time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
        store = open_redis_store(server, time);
    }

    uuid add_user(std::uint32_t number) const
    {
        REQUIRE(run_redis(store->insert_user(sample_user(number, time.now()))));
        return sample_uuid(number);
    }

    key_record token(std::uint32_t number, const uuid& owner) const
    {
        key_record key = sample_token(number, owner, time.now());
        std::ranges::copy(store->id_prefix(owner), key.id.characters.begin());
        return key;
    }

    key_id add_token(std::uint32_t number, const uuid& owner) const
    {
        REQUIRE(run_redis(store->insert_key(token(number, owner))));
        return token(number, owner).id;
    }

    // The name of every Redis key, by SCAN.
    std::vector<std::string> names() const
    {
        std::vector<std::string> all;
        std::string cursor = "0";
        do {
            redis_reply page = server.ask({"SCAN", cursor});
            cursor = page.items.at(0).text;
            for (redis_reply& name : page.items.at(1).items)
                all.push_back(std::move(name.text));
        } while (cursor != "0");
        return all;
    }

    // All that a Redis key holds.
    std::string content(const std::string& name) const
    {
        const std::string type = server.ask({"TYPE", name}).text;
        if (type == "string") return server.ask({"GET", name}).text;
        redis_reply parts = type == "hash" ? server.ask({"HGETALL", name})
                                           : server.ask({"ZRANGE", name, "0", "-1", "WITHSCORES"});
        std::string all;
        for (const redis_reply& part : parts.items)
            all += part.text + '\n';
        return all;
    }

    // In Unix milliseconds. -1: it has none; -2: it is not there.
    std::int64_t end_of(const std::string& name) const { return server.ask({"PEXPIRETIME", name}).integer; }

    redis_server& server;
    fake_clock time;
    std::unique_ptr<redis_store> store;
};

} // namespace latchkey::test
