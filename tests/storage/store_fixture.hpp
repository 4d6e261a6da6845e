// A store of either kind over a clock that the test moves: what the contract suite runs against.
#pragma once

#include "storage/memory_store.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/temporary_directory.hpp"

namespace latchkey::test {

inline constexpr std::chrono::hours retention{24 * 7};

enum class store_kind { memory, sqlite };

class store_fixture {
public:
    explicit store_fixture(store_kind kind, microseconds kept = retention)
    {
        if (kind == store_kind::memory) {
            auto made = std::make_unique<memory_store>(time, kept);
            sweep_ = [store = made.get()] { store->sweep(); };
            store_ = std::move(made);
        } else {
            auto made = sqlite_store::open(directory_.file("test.db"), time, {kept});
            INFO((made ? "" : made.error().message));
            REQUIRE(made);
            sweep_ = [store = made->get()] { store->sweep(); };
            store_ = std::move(*made);
        }
    }

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

    // A token, inserted.
    key_id add_token(std::uint32_t number, const uuid& owner) const
    {
        REQUIRE(run_task(store_->insert_key(sample_token(number, owner, now()))));
        return sample_key_id(number);
    }

    bool is_found(const key_id& id) const { return store_->lookup(id).what == key_lookup::outcome::found; }

    fake_clock time;

private:
    temporary_directory directory_;
    std::unique_ptr<store> store_;
    std::function<void()> sweep_;
};

} // namespace latchkey::test
