// A store of any kind over a clock that the test moves: what the contract suite runs against.
#pragma once

#include "storage/store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/token_lists.hpp"

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey::test {

inline constexpr std::chrono::hours retention{24 * 7};

enum class store_kind { memory, sqlite, redis, cached_redis, redis_cluster };

// The test that calls this runs over each of them.
inline store_kind any_store()
{
    return GENERATE(store_kind::memory,
                    store_kind::sqlite,
                    store_kind::redis,
                    store_kind::cached_redis,
                    store_kind::redis_cluster);
}

class store_fixture {
public:
    explicit store_fixture(store_kind kind, microseconds kept = retention);

    store* operator->() const { return store_.get(); }
    store& operator*() const { return *store_; }

    // Lets time pass, and the store do what that entails.
    void pass(microseconds by)
    {
        time.advance(by);
        sweep_();
    }

    time_point now() const { return time.now(); }

    // A user, inserted.
    uuid add_user(std::uint32_t number) const
    {
        REQUIRE(run_task(store_->insert_user(sample_user(number, now()))));
        return sample_uuid(number);
    }

    // Another user, whose keys may have the same ids as this one's.
    uuid add_user_beside(const uuid& owner) const;

    // Samples whose ids begin as the store wants it; id(number) is that of the last one of that number.
    key_record token(std::uint32_t number, const uuid& owner) const;
    key_record session(std::uint32_t number, const uuid& owner) const;
    key_id id(std::uint32_t number) const;
    std::vector<std::string> ids(std::initializer_list<std::uint32_t> numbers) const;

    // A token, inserted.
    key_id add_token(std::uint32_t number, const uuid& owner) const
    {
        key_record key = token(number, owner);
        const key_id made = key.id;
        REQUIRE(run_task(store_->insert_key(std::move(key))));
        return made;
    }

    // What a verification sees of a key, wherever the store has it. Nothing: no such key.
    std::optional<key_with_owner> look(const key_id& id) const;

    bool is_found(const key_id& id) const { return look(id).has_value(); }

    fake_clock time;

private:
    void open_sqlite(microseconds kept);
    void open_redis(microseconds kept);
    void open_cached_redis(microseconds kept);
    void open_redis_cluster(microseconds kept);

    temporary_directory directory_;
    std::unique_ptr<store> store_;
    std::function<void()> sweep_;
    mutable std::mutex mutex_; // of the ids: tests make samples in several threads
    mutable std::map<std::uint32_t, key_id> ids_;
};

} // namespace latchkey::test
