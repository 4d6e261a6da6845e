// What every store promises about keys (storage/store.hpp), run over each of them.
#include "tests/storage/store_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

store_kind any_store()
{
    return GENERATE(store_kind::memory, store_kind::sqlite);
}

std::vector<std::string> ids_of(const std::vector<key_listing>& listings)
{
    std::vector<std::string> ids;
    for (const key_listing& one : listings)
        ids.emplace_back(one.key.id.view());
    return ids;
}

std::vector<std::string> ids_of_samples(std::initializer_list<std::uint32_t> numbers)
{
    std::vector<std::string> ids;
    for (const std::uint32_t number : numbers)
        ids.emplace_back(sample_key_id(number).view());
    return ids;
}

} // namespace

TEST_CASE("an inserted key is found with what was put in, and its owner's epoch")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_record key = sample_token(7, owner, store.now());
    REQUIRE(run_task(store->insert_key(key)));

    SECTION("by a verification")
    {
        const key_lookup answer = store->lookup(key.id);

        REQUIRE(answer.what == key_lookup::outcome::found);
        CHECK(answer.key->secret_digest == key.secret_digest);
        CHECK(answer.key->expires_at == key.expires_at);
        CHECK(*answer.key->rights == *key.rights);
        CHECK(answer.owner.id == owner);
        CHECK(answer.owner.username == "User-1");
        CHECK(answer.owner.key_epoch == answer.key->owner_epoch);
    }
    SECTION("by id")
    {
        const auto found = run_task(store->find_key(key.id));

        REQUIRE(found);
        CHECK(found->key.name == "token-7");
        CHECK(found->key.lifetime == 1h);
        CHECK(found->key.created_at == key.created_at);
        CHECK(found->last_used == time_point{});
        CHECK(found->username == "User-1");
    }
    SECTION("by name, which is case-sensitive")
    {
        CHECK(run_task(store->find_key_by_name(owner, "token-7"))->key.id == key.id);
        CHECK(run_task(store->find_key_by_name(owner, "Token-7")).error() == storage_errc::not_found);
        CHECK(run_task(store->find_key_by_name(sample_uuid(9), "token-7")).error() ==
              storage_errc::not_found);
    }
    SECTION("by asking, with its owner")
    {
        const auto found = run_task(store->ask(key.id));

        REQUIRE(found);
        CHECK(found->key.id == key.id);
        CHECK(found->owner.username == "User-1");
    }
}

TEST_CASE("an id nobody has is absent everywhere")
{
    const store_fixture store{any_store()};
    const key_id unknown = sample_key_id(404);

    CHECK_FALSE(store.is_found(unknown));
    CHECK(run_task(store->ask(unknown)).error() == storage_errc::not_found);
    CHECK(run_task(store->find_key(unknown)).error() == storage_errc::not_found);
    CHECK(run_task(store->expire_key(unknown, store.now())).error() == storage_errc::not_found);
    CHECK(run_task(store->extend_key(unknown, store.now(), store.now())).error() == storage_errc::not_found);
    CHECK(run_task(store->delete_key(unknown)).error() == storage_errc::not_found);
    store->record_use(unknown, store.now());
}

TEST_CASE("a key that cannot be inserted says why, and leaves nothing behind")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const uuid other = store.add_user(2);
    store.add_token(1, owner);
    key_record refused = sample_token(2, owner, store.now());

    SECTION("its id is taken, even by another owner's key")
    {
        refused.id = sample_key_id(1);
        refused.owner = other;
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::id_taken);
        CHECK(run_task(store->list_all_keys(other))->empty());
        CHECK(run_task(store->find_key_by_name(other, refused.name)).error() == storage_errc::not_found);
    }
    SECTION("its owner has a token of that name")
    {
        refused.name = "token-1";
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::name_taken);
        CHECK_FALSE(store.is_found(refused.id));
    }
    SECTION("its owner does not exist")
    {
        refused.owner = sample_uuid(99);
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::owner_gone);
        CHECK_FALSE(store.is_found(refused.id));
    }
    SECTION("its owner is deleted")
    {
        REQUIRE(run_task(store->delete_user(other, store.now())));
        refused.owner = other;
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::owner_gone);
        CHECK_FALSE(store.is_found(refused.id));
    }
}

TEST_CASE("names are unique among one owner's tokens only")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const uuid other = store.add_user(2);
    store.add_token(1, owner);

    SECTION("another owner may use the name")
    {
        key_record same = sample_token(2, other, store.now());
        same.name = "token-1";
        CHECK(run_task(store->insert_key(same)));
    }
    SECTION("session keys have none, so there may be many")
    {
        CHECK(run_task(store->insert_key(sample_session(2, owner, store.now()))));
        CHECK(run_task(store->insert_key(sample_session(3, owner, store.now()))));
    }
    SECTION("a deleted token frees its name at once")
    {
        REQUIRE(run_task(store->delete_key(sample_key_id(1))));
        key_record same = sample_token(2, owner, store.now());
        same.name = "token-1";
        CHECK(run_task(store->insert_key(same)));
    }
}

TEST_CASE("a deleted key is gone everywhere, and is returned")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);

    const auto deleted = run_task(store->delete_key(id));

    REQUIRE(deleted);
    CHECK(deleted->key.name == "token-1");
    CHECK(deleted->username == "User-1");
    CHECK_FALSE(store.is_found(id));
    CHECK(run_task(store->find_key(id)).error() == storage_errc::not_found);
    CHECK(run_task(store->list_all_keys(owner))->empty());
    CHECK(run_task(store->delete_key(id)).error() == storage_errc::not_found);
}

TEST_CASE("expiring ends a live key now, and leaves an expired one as it is")
{
    store_fixture store{any_store()};
    const key_id id = store.add_token(1, store.add_user(1));
    const time_point end = store.now() + 1h;
    store.time.advance(1min);
    const time_point moment = store.now();

    const auto first = run_task(store->expire_key(id, moment));
    store.time.advance(1min);
    const auto second = run_task(store->expire_key(id, store.now()));

    REQUIRE(first);
    CHECK(first->changed);
    CHECK(first->previous_expiry == end);
    CHECK(first->key.expires_at == moment);
    CHECK(store->lookup(id).key->expires_at == moment);
    REQUIRE(second);
    CHECK_FALSE(second->changed);
    CHECK(second->key.expires_at == moment);
}

TEST_CASE("extending moves the expiry of a live key, and revives no expired one")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id id = sample_key_id(1);
    REQUIRE(run_task(store->insert_key(sample_session(1, owner, store.now()))));
    const time_point later = store.now() + 3h;

    SECTION("live")
    {
        REQUIRE(run_task(store->extend_key(id, later, store.now())));
        CHECK(store->lookup(id).key->expires_at == later);
    }
    SECTION("live, to an earlier moment")
    {
        const time_point sooner = store.now() + 10min;
        REQUIRE(run_task(store->extend_key(id, sooner, store.now())));
        CHECK(store->lookup(id).key->expires_at == sooner);
    }
    SECTION("expired")
    {
        const time_point end = store->lookup(id).key->expires_at;
        REQUIRE(run_task(store->extend_key(id, end + 1h, end)));
        CHECK(store->lookup(id).key->expires_at == end);
    }
    SECTION("an extended key is not wiped at its old expiry")
    {
        REQUIRE(run_task(store->extend_key(id, later, store.now())));
        store.pass(2h);
        CHECK(store->lookup(id).key->kind == digest_kind::sha256);
        store.pass(1h);
        CHECK(store->lookup(id).key->kind == digest_kind::wiped);
    }
}

TEST_CASE("when a lifetime ends the digest is wiped, and the row goes after the retention")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);
    key_record same_name = sample_token(2, owner, store.now());
    same_name.name = "token-1";

    store.pass(1h - 1us);
    CHECK(store->lookup(id).key->kind == digest_kind::sha256);

    store.pass(1us);
    {
        const key_lookup expired = store->lookup(id);
        REQUIRE(expired.what == key_lookup::outcome::found);
        CHECK(expired.key->kind == digest_kind::wiped);
        CHECK(expired.key->secret_digest == digest{});
    }
    CHECK(run_task(store->find_key_by_name(owner, "token-1")));
    CHECK(run_task(store->insert_key(same_name)).error() == storage_errc::name_taken);

    store.pass(retention - 1us);
    CHECK(run_task(store->find_key(id)));

    store.pass(1us);
    CHECK(run_task(store->find_key(id)).error() == storage_errc::not_found);
    CHECK(run_task(store->insert_key(same_name)));
}

TEST_CASE("a retention of zero keeps expired rows for ever")
{
    store_fixture store{any_store(), 0us};
    const key_id id = store.add_token(1, store.add_user(1));

    store.pass(24h * 365 * 50);

    const auto found = run_task(store->find_key(id));
    REQUIRE(found);
    CHECK(found->key.kind == digest_kind::wiped);
}

TEST_CASE("a key expired by hand is wiped and removed by the same rules")
{
    store_fixture store{any_store()};
    const key_id id = store.add_token(1, store.add_user(1));
    REQUIRE(run_task(store->expire_key(id, store.now())));

    store.pass(0us);
    CHECK(store->lookup(id).key->kind == digest_kind::wiped);
    store.pass(retention);
    CHECK_FALSE(store.is_found(id));
}

TEST_CASE("a use is remembered, and never moves backwards")
{
    const store_fixture store{any_store()};
    const key_id id = store.add_token(1, store.add_user(1));

    store->record_use(id, store.now() + 5s);
    store->record_use(id, store.now() + 2s);

    CHECK(run_task(store->find_key(id))->last_used == store.now() + 5s);
}

TEST_CASE("tokens are listed by creation, then id, without sessions and expired ones")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const uuid other = store.add_user(2);
    const time_point start = store.now();
    store.add_token(5, owner);
    store.add_token(3, other); // the same moment, lower id
    REQUIRE(run_task(store->insert_key(sample_session(4, owner, start))));
    store.time.advance(30min);
    store.add_token(1, owner);
    const auto list = [&](key_query query) {
        query.now = store.now();
        return ids_of(*run_task(store->list_tokens(query)));
    };

    CHECK(list({.owner = owner}) == ids_of_samples({5, 1}));
    CHECK(list({}) == ids_of_samples({3, 5, 1}));
    CHECK(list({.owner = sample_uuid(99)}).empty());
    CHECK(ids_of(*run_task(store->list_all_keys(other))) == ids_of_samples({3}));
    CHECK(run_task(store->list_all_keys(owner))->size() == 3);

    store.pass(30min);
    CHECK(list({}) == ids_of_samples({1}));
    CHECK(list({.include_expired = true}) == ids_of_samples({3, 5, 1}));
    CHECK(run_task(store->list_all_keys(owner))->size() == 3);
}

TEST_CASE("a list is paged by the last key of the page before")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    for (const std::uint32_t number : {4, 2, 9, 7}) {
        store.add_token(number, owner);
        store.time.advance(1s);
    }
    const auto whose = GENERATE(true, false);
    const auto page = [&](std::optional<key_id> after, std::size_t limit) {
        key_query query{.now = store.now(), .after = after, .limit = limit};
        if (whose) query.owner = owner;
        return ids_of(*run_task(store->list_tokens(query)));
    };

    CHECK(page({}, 0) == ids_of_samples({4, 2, 9, 7}));
    CHECK(page({}, 3) == ids_of_samples({4, 2, 9}));
    CHECK(page(sample_key_id(9), 3) == ids_of_samples({7}));
    CHECK(page(sample_key_id(4), 2) == ids_of_samples({2, 9}));
    CHECK(page(sample_key_id(2), 0) == ids_of_samples({9, 7}));
    CHECK(page(sample_key_id(7), 3).empty());
    CHECK(page(sample_key_id(404), 3).empty());

    REQUIRE(run_task(store->expire_key(sample_key_id(2), store.now())));
    CHECK(page(sample_key_id(2), 3).empty()); // not in the list any more
    CHECK(page({}, 3) == ids_of_samples({4, 9, 7}));
}
