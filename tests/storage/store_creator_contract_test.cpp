// What every store promises about keys that are made by another of the same owner (storage/store.hpp).
#include "storage/run_to_end.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/support/catch.hpp"

#include <atomic>
#include <functional>
#include <thread>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

using revocation = std::function<void(const store_fixture&, const uuid&)>; // of the key 1 of that owner

void change(const store_fixture& store, const uuid& owner, user_change wanted)
{
    wanted.now = store.now();
    REQUIRE(run_task(store->change_user(owner, std::move(wanted))));
}

const std::vector<std::pair<const char*, revocation>>& revocations()
{
    static const std::vector<std::pair<const char*, revocation>> all{
        {"deleted",
         [](const store_fixture& store, const uuid&) { REQUIRE(run_task(store->delete_key(store.id(1)))); }},
        {"expired",
         [](const store_fixture& store, const uuid&) {
             REQUIRE(run_task(store->expire_key(store.id(1), store.now())));
         }},
        {"dropped with all keys of its owner",
         [](const store_fixture& store, const uuid& owner) {
             user_change drop;
             drop.drop_keys = true;
             change(store, owner, std::move(drop));
         }},
        {"of a suspended user",
         [](const store_fixture& store, const uuid& owner) {
             user_change suspend;
             suspend.status = user_status::suspended;
             change(store, owner, std::move(suspend));
         }},
    };
    return all;
}

} // namespace

TEST_CASE("a good key makes others of its owner, tokens and sessions")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id creator = store.add_token(1, owner);

    CHECK(run_task(store->insert_key_by(creator, store.token(2, owner))));
    CHECK(run_task(store->insert_key_by(creator, store.session(3, owner))));
    CHECK(run_task(store->insert_key_by(store.id(3), store.token(4, owner))));

    for (const std::uint32_t number : {2, 3, 4})
        CHECK(store.is_found(store.id(number)));
    CHECK(run_task(store->insert_key_by(creator, store.token(2, owner))).error() == storage_errc::name_taken);
}

TEST_CASE("a revoked key makes no other, and the name stays free")
{
    for (const auto& [how, revoke] : revocations()) {
        CAPTURE(how);
        const store_fixture store{any_store()};
        const uuid owner = store.add_user(1);
        const key_id creator = store.add_token(1, owner);
        const auto before = run_task(store->list_all_keys(owner))->size();
        revoke(store, owner);
        const auto kept = run_task(store->list_all_keys(owner))->size();
        REQUIRE(kept <= before);

        const auto refused = run_task(store->insert_key_by(creator, store.token(2, owner)));

        CHECK(refused.error() == storage_errc::creator_gone);
        CHECK(run_task(store->list_all_keys(owner))->size() == kept);
        CHECK_FALSE(store.is_found(store.id(2)));
        CHECK(run_task(store->find_key_by_name(owner, "token-2")).error() == storage_errc::not_found);
        CHECK(run_task(store->insert_key(store.token(2, owner))));
    }
}

TEST_CASE("a key that is not there, or somebody else's, makes none")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const uuid other = store.add_user_beside(owner);
    const key_id of_other = store.add_token(1, other);
    const key_id nobodys = store.token(9, owner).id;

    CHECK(run_task(store->insert_key_by(nobodys, store.token(2, owner))).error() ==
          storage_errc::creator_gone);
    CHECK(run_task(store->insert_key_by(of_other, store.token(2, owner))).error() ==
          storage_errc::creator_gone);
    CHECK(run_task(store->list_all_keys(owner))->empty());
}

TEST_CASE("what a key makes while it is deleted is older than the answer to the deletion")
{
    asio::io_context context{1}; // outlives the store, whose thread may still be inside its post()
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    std::atomic<bool> is_deleted{false};
    std::atomic<std::uint32_t> begun_too_late{0}, made_too_late{0};

    for (std::uint32_t round = 0; round < 20; ++round) {
        const std::uint32_t first = 1 + round * 100;
        const key_id creator = store.add_token(first, owner);
        is_deleted = false;
        std::thread creating{[&] {
            for (std::uint32_t number = first + 1; number < first + 60; ++number) {
                key_record key = store.token(number, owner);
                const bool is_late = is_deleted;
                const auto made = run_to_end(context, store->insert_key_by(creator, std::move(key)));
                if (is_late) ++begun_too_late;
                if (is_late && made) ++made_too_late;
                if (!made && made.error() == storage_errc::creator_gone && is_late) break;
            }
        }};
        REQUIRE(run_task(store->delete_key(creator)));
        is_deleted = true;
        creating.join();
    }
    CHECK(made_too_late == 0);
}
