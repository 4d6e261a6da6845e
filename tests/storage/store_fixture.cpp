#include "tests/storage/store_fixture.hpp"

#include "storage/memory_store.hpp"
#include "storage/redis_clients.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/storage/redis_store_fixture.hpp"
#include "tests/support/redis_topologies.hpp"

#include <algorithm>

namespace latchkey::test {
namespace {

task<bool> finished(task<void> work)
{
    co_await std::move(work);
    co_return true;
}

} // namespace

store_fixture::store_fixture(store_kind kind, microseconds kept)
{
    switch (kind) {
    case store_kind::memory: {
        auto made = std::make_unique<memory_store>(time, kept);
        sweep_ = [store = made.get()] { store->sweep(); };
        store_ = std::move(made);
        break;
    }
    case store_kind::sqlite: open_sqlite(kept); break;
    case store_kind::redis: open_redis(kept); break;
    case store_kind::cached_redis: open_cached_redis(kept); break;
    case store_kind::redis_cluster: open_redis_cluster(kept); break;
    }
}

void store_fixture::open_sqlite(microseconds kept)
{
    auto made = sqlite_store::open(directory_.file("test.db"), time, {kept});
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    sweep_ = [store = made->get()] { store->sweep(); };
    store_ = std::move(*made);
}

void store_fixture::open_redis(microseconds kept)
{
    time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now())); // Redis has its own clock
    store_ = open_redis_store(empty_redis(), time, {.retention = kept});
    sweep_ = [] {};
}

// With a lease that lasts while the test does other things than run its context: what these tests are about
// is what one process sees of its own changes.
void store_fixture::open_cached_redis(microseconds kept)
{
    time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
    redis_store_options options{
        .retention = kept, .cache_bytes = 1'000'000, .cache_lease = std::chrono::minutes{5}};
    auto made = open_redis_store(empty_redis(), time, options);
    sweep_ = [store = made.get()] { run_task(finished(store->tend())); };
    store_ = std::move(made);
}

void store_fixture::open_redis_cluster(microseconds kept)
{
    time.set(std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
    cluster_servers& servers = shared_cluster();
    servers.flush();
    auto made = run_redis(redis_store::open(redis_clients_of(servers.topology()), time, {.retention = kept}));
    INFO((made ? "" : made.error().message));
    REQUIRE(made);
    store_ = std::move(*made);
    sweep_ = [] {};
}

uuid store_fixture::add_user_beside(const uuid& owner) const
{
    std::uint32_t number = 2;
    while (store_->id_prefix(sample_uuid(number)) != store_->id_prefix(owner))
        ++number;
    return add_user(number);
}

key_record store_fixture::token(std::uint32_t number, const uuid& owner) const
{
    key_record key = sample_token(number, owner, now());
    const std::string prefix = store_->id_prefix(owner);
    std::ranges::copy(prefix, key.id.characters.begin());
    const std::lock_guard hold{mutex_};
    ids_[number] = key.id;
    return key;
}

key_record store_fixture::session(std::uint32_t number, const uuid& owner) const
{
    key_record key = sample_session(number, owner, now());
    key.id = token(number, owner).id;
    return key;
}

key_id store_fixture::id(std::uint32_t number) const
{
    const std::lock_guard hold{mutex_};
    const auto known = ids_.find(number);
    return known == ids_.end() ? sample_key_id(number) : known->second;
}

std::vector<std::string> store_fixture::ids(std::initializer_list<std::uint32_t> numbers) const
{
    std::vector<std::string> texts;
    for (const std::uint32_t number : numbers)
        texts.emplace_back(id(number).view());
    return texts;
}

std::optional<key_with_owner> store_fixture::look(const key_id& id) const
{
    {
        const key_lookup answer = store_->lookup(id);
        if (answer.what == key_lookup::outcome::absent) return std::nullopt;
        if (answer.what == key_lookup::outcome::found)
            return key_with_owner{answer.record(), owner_standing::of(answer.owner)};
    }
    auto asked = run_task(store_->ask(id));
    if (!asked) CHECK(asked.error() == storage_errc::not_found);
    if (!asked) return std::nullopt;
    return std::move(*asked);
}

} // namespace latchkey::test
