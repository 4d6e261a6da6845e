#include "auth/policy.hpp"
#include "auth/revocation_canary.hpp"
#include "tests/support/auth_fixture.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <list>
#include <set>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// A store as a cache makes it: it has to be asked, and may go on finding a key that is deleted.
class lagging_store final : public faulty_store {
public:
    explicit lagging_store(memory_store& behind) : faulty_store{behind}, memory_{behind} {}

    std::atomic<bool> is_away{false};
    std::atomic<bool> holds_deletions{false}; // they are not answered, and not done
    std::atomic<unsigned> late_finds{0};      // of each key, after its deletion

    key_lookup lookup(const hashed_id&, revision) noexcept override
    {
        key_lookup answer;
        answer.what = key_lookup::outcome::ask;
        return answer;
    }

    task<result<key_with_owner>> ask(key_id id) override
    {
        if (is_away) co_return error_code{storage_errc::unavailable};
        const std::lock_guard lock{mutex_};
        threads_.insert(std::this_thread::get_id());
        if (const auto found = look(id)) co_return *found;
        if (deleted_ && deleted_->key.id == id && finds_left_ > 0) {
            --finds_left_;
            co_return *deleted_;
        }
        co_return error_code{storage_errc::not_found};
    }

    task<result<void>> insert_key(key_record key) override
    {
        if (is_away) co_return error_code{storage_errc::unavailable};
        {
            const std::lock_guard lock{mutex_};
            inserted_.push_back(key);
        }
        co_return co_await memory_.insert_key(std::move(key));
    }

    task<result<revised<key_listing>>> delete_key(key_id id) override
    {
        if (is_away) co_return error_code{storage_errc::unavailable};
        ++deletions;
        if (holds_deletions) {
            const executor here = co_await asio::this_coro::executor;
            asio::basic_waitable_timer<std::chrono::steady_clock,
                                       asio::wait_traits<std::chrono::steady_clock>,
                                       executor>
                never{here, std::chrono::steady_clock::time_point::max()};
            co_await never.async_wait(use_task);
        }
        {
            const std::lock_guard lock{mutex_};
            deleted_ = look(id);
            finds_left_ = late_finds;
        }
        co_return co_await memory_.delete_key(id);
    }

    std::size_t threads() const
    {
        const std::lock_guard lock{mutex_};
        return threads_.size();
    }

    std::vector<key_record> inserted() const
    {
        const std::lock_guard lock{mutex_};
        return inserted_;
    }

    std::atomic<unsigned> deletions{0};

private:
    std::optional<key_with_owner> look(const key_id& id)
    {
        const key_lookup found = memory_.lookup(id);
        if (found.what != key_lookup::outcome::found) return std::nullopt;
        return key_with_owner{found.record(), owner_standing::of(found.owner)};
    }

    memory_store& memory_;
    mutable std::mutex mutex_;
    std::set<std::thread::id> threads_;
    std::vector<key_record> inserted_;
    std::optional<key_with_owner> deleted_;
    unsigned finds_left_ = 0;
};

// io_contexts with a thread each, or without one: a shard that does nothing.
class running_shards {
public:
    explicit running_shards(std::size_t count, bool are_running = true)
    {
        for (std::size_t index = 0; index < count; ++index) {
            asio::io_context& context = contexts_.emplace_back(1);
            guards_.emplace_back(context.get_executor());
            if (are_running) threads_.emplace_back([&context] { context.run(); });
        }
    }

    ~running_shards()
    {
        for (asio::io_context& context : contexts_)
            context.stop();
        for (std::thread& thread : threads_)
            thread.join();
    }
    running_shards(const running_shards&) = delete;
    running_shards& operator=(const running_shards&) = delete;

    std::vector<executor> executors()
    {
        std::vector<executor> all;
        for (asio::io_context& context : contexts_)
            all.push_back(context.get_executor());
        return all;
    }

private:
    std::list<asio::io_context> contexts_;
    std::list<asio::executor_work_guard<executor>> guards_;
    std::vector<std::thread> threads_;
};

struct canary_case {
    explicit canary_case(canary_settings settings, std::size_t shard_count = 2, bool are_running = true)
        : shards{shard_count, are_running},
          canary{tokens, records, peppers, now, settings, told()}
    {
        user system;
        system.id = system_user_id;
        system.username = "system";
        system.is_system = true;
        REQUIRE(run_task(memory.insert_user(system)));
    }

    revocation_canary::observer told()
    {
        revocation_canary::observer calls;
        calls.failing = [this](std::string_view) { ++failing; };
        calls.working = [this] { ++working; };
        calls.exceeded = [this](canary_figures::seconds) { ++exceeded; };
        return calls;
    }

    void start() { canary.start(shards.executors()); }

    template <class Condition>
    void wait_until(Condition is_met)
    {
        REQUIRE(becomes_true([&] { return is_met(canary.figures()); }));
    }

    std::size_t keys_left()
    {
        const auto left = run_task(memory.list_all_keys(system_user_id));
        REQUIRE(left);
        return left->size();
    }

    fake_clock now;
    memory_store memory{now, std::chrono::hours{168}};
    lagging_store records{memory};
    pepper_set peppers;
    verifier tokens{records, peppers, now, {}};
    std::atomic<unsigned> failing{0};
    std::atomic<unsigned> working{0};
    std::atomic<unsigned> exceeded{0};
    running_shards shards;
    revocation_canary canary;
};

// Far from what a busy machine might need.
canary_settings often(std::chrono::milliseconds bound = 1h)
{
    return {.interval = 1ms, .bound = bound, .patience = 20s};
}

} // namespace

TEST_CASE("the canary has every shard accept a token and sees every shard refuse it", "[auth][canary]")
{
    canary_case test{often(), 3};
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.completed >= 3; });
    test.canary.stop();

    const canary_figures seen = test.canary.figures();
    CHECK(seen.failed == 0);
    CHECK(seen.exceeded == 0);
    CHECK(seen.last.count() > 0);
    CHECK(seen.longest >= seen.last);
    CHECK(seen.sum >= seen.longest);
    CHECK(test.records.threads() == 3);
    CHECK(test.failing + test.working + test.exceeded == 0);
}

TEST_CASE("a canary's key is the system user's, gives no right, and lives for a minute", "[auth][canary]")
{
    canary_case test{often()};
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.completed >= 2; });
    test.canary.stop();
    run_task(test.canary.clean_up());

    REQUIRE(test.records.inserted().size() >= 2);
    for (const key_record& key : test.records.inserted()) {
        CHECK(key.owner == system_user_id);
        CHECK(key.login == login_type::none); // so no list shows it, and its expiry never slides
        CHECK(key.name.empty());
        CHECK(key.rights->scopes.empty());
        CHECK(key.rights->allow_list.empty());
        CHECK(key.expires_at - key.created_at == 60s);
    }
    CHECK(test.records.uses == 0);
    CHECK(test.keys_left() == 0);
}

TEST_CASE("the delay of a revocation is that of the slowest shard, and at least what it was",
          "[auth][canary]")
{
    canary_case test{often()};
    test.records.late_finds = 8;
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.completed >= 2; });
    test.canary.stop();

    // Eight late acceptances on two shards: one has seen four at least, with a pause behind each.
    const canary_figures seen = test.canary.figures();
    CHECK(seen.last > 1ms);
    CHECK(seen.at_most.front() == 0);
    CHECK(seen.exceeded == 0); // within the bound of an hour
}

TEST_CASE("a revoked token that is accepted beyond the bound is counted and told", "[auth][canary]")
{
    canary_case test{often(0ms)};
    test.records.late_finds = 2;
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.exceeded >= 2; });
    test.canary.stop();
    CHECK(test.exceeded == test.canary.figures().exceeded);
    CHECK(test.canary.figures().failed == 0);
}

TEST_CASE("a shard that goes on accepting is given up on, and counted", "[auth][canary]")
{
    canary_case test{{.interval = 1ms, .bound = 10ms, .patience = 300ms}};
    test.records.late_finds = UINT_MAX;
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.exceeded >= 1; });
    test.canary.stop();
}

TEST_CASE("while the store is away runs fail, which is told once, as is their end", "[auth][canary]")
{
    canary_case test{often()};
    test.records.is_away = true;
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.failed >= 5; });
    CHECK(test.failing == 1);
    CHECK(test.working == 0);
    CHECK(test.canary.figures().completed == 0);

    test.records.is_away = false;
    test.wait_until([](const canary_figures& seen) { return seen.completed >= 3; });
    test.canary.stop();
    CHECK(test.failing == 1);
    CHECK(test.working == 1);
}

TEST_CASE("a shard that does nothing fails the run and not the canary", "[auth][canary]")
{
    canary_case test{{.interval = 1ms, .bound = 1h, .patience = 10ms}, 2, false};
    test.start();
    test.wait_until([](const canary_figures& seen) { return seen.failed >= 2; });
    test.canary.stop();
    CHECK(test.failing == 1);
}

TEST_CASE("a stop in the middle of a run waits for no shard, and what it left is deleted", "[auth][canary]")
{
    canary_case test{{.interval = 1ms, .bound = 1h, .patience = 1h}};
    test.records.holds_deletions = true;
    test.start();
    test.wait_until([&](const canary_figures&) { return test.records.deletions == 1; });
    test.canary.stop(); // returns although the deletion never does
    CHECK(test.keys_left() == 1);
    CHECK(test.canary.figures().failed == 0);

    test.records.holds_deletions = false;
    CHECK(run_task(test.canary.clean_up()));
    CHECK(test.keys_left() == 0);
    CHECK(run_task(test.canary.clean_up())); // nothing left to do
    CHECK(test.records.deletions == 2);
}
