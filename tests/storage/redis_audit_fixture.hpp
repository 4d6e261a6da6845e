// A server's audit log over a Redis: a file in a directory of its own, a store, and the log over both.
#pragma once

#include "storage/redis_audit_log.hpp"
#include "storage/run_together.hpp"
#include "tests/storage/audit_fixture.hpp"
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/patience.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

inline audit_entry refused_entry(int n)
{
    audit_entry entry = numbered_entry(n);
    entry.outcome = "refused";
    return entry;
}

inline std::vector<uuid> numbers_down(int newest, int oldest)
{
    std::vector<uuid> ids;
    for (int n = newest; n >= oldest; --n)
        ids.push_back(numbered_id(n));
    return ids;
}

inline const std::string audit_stream{redis_layout::audit_stream};

inline std::size_t length_of_stream(const redis_server& redis)
{
    return static_cast<std::size_t>(redis.ask({"XLEN", audit_stream}).integer);
}

class audit_server {
public:
    explicit audit_server(redis_endpoint endpoint, redis_audit_options options = {}, redis_limits limits = {})
        : endpoint_{std::move(endpoint)},
          options_{options},
          limits_{limits}
    {
        start();
    }

    void start()
    {
        auto made = run_redis(redis_store::open(clients_of(endpoint_, limits_), file.time, {}));
        INFO((made ? "" : made.error().message));
        REQUIRE(made);
        store = std::move(*made);
        file.options.sync = audit_sync::never;
        file.open();
        log.emplace(*store, *file.log, options_);
    }

    void stop()
    {
        log.reset();
        file.close();
        store.reset();
    }

    // Entries that no act follows: they are in the stream, or wait for Redis, once they are appended.
    void append(int first, int last)
    {
        for (int n = first; n <= last; ++n)
            REQUIRE(run_redis(log->append(refused_entry(n))));
    }

    // The same, all at once.
    void append_together(int first, int last)
    {
        std::vector<task<result<void>>> appends;
        for (int n = first; n <= last; ++n)
            appends.push_back(log->append(refused_entry(n)));
        const std::size_t all = appends.size();
        const auto outcomes = run_redis(run_together(std::move(appends), all));
        REQUIRE(std::all_of(outcomes.begin(), outcomes.end(), [](const auto& one) { return bool{one}; }));
    }

    result<audit_page> search(audit_query query = {}) { return run_redis(log->search(std::move(query))); }

    std::vector<uuid> found(audit_query query = {})
    {
        const result<audit_page> page = search(std::move(query));
        REQUIRE(page);
        std::vector<uuid> ids;
        for (const audit_entry& entry : page->entries)
            ids.push_back(entry.id);
        return ids;
    }

    std::size_t count() { return search().value().count; }

    // Until a search finds as many entries as that.
    void wait_for(std::size_t count)
    {
        std::size_t found = 0;
        const bool is_there = becomes_true([&] {
            const result<audit_page> page = search();
            found = page ? page->count : 0;
            return page && found == count;
        });
        INFO("found " << found << " of " << count);
        REQUIRE(is_there);
    }

    // Until everything is in the stream.
    void wait_until_sent()
    {
        REQUIRE(becomes_true([&] {
            static_cast<void>(run_redis(log->close()));
            return log->unsent() == 0;
        }));
    }

    audit_fixture file;
    std::unique_ptr<redis_store> store;
    std::optional<redis_audit_log> log;

private:
    redis_endpoint endpoint_;
    redis_audit_options options_;
    redis_limits limits_;
};

} // namespace latchkey::test
