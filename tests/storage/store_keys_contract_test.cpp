// What every store promises about keys (storage/store.hpp), run over each of them.
#include "tests/storage/store_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> ids_of(const std::vector<key_listing>& listings)
{
    std::vector<std::string> ids;
    for (const key_listing& one : listings)
        ids.emplace_back(one.key.id.view());
    return ids;
}

} // namespace

TEST_CASE("an inserted key is found with what was put in, and its owner's epoch")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_record key = store.token(7, owner);
    REQUIRE(run_task(store->insert_key(key)));

    SECTION("by a verification")
    {
        const auto answer = store.look(key.id);

        REQUIRE(answer);
        CHECK(answer->key.secret_digest == key.secret_digest);
        CHECK(answer->key.kind == key.kind);
        CHECK(answer->key.login == key.login);
        CHECK(answer->key.created_at == key.created_at);
        CHECK(answer->key.expires_at == key.expires_at);
        CHECK(answer->key.lifetime == key.lifetime);
        CHECK(answer->key.name == key.name);
        CHECK(*answer->key.rights == *key.rights);
        CHECK(answer->owner.id == owner);
        CHECK(answer->owner.username == "User-1");
        CHECK(answer->owner.key_epoch == answer->key.owner_epoch);
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
    const key_id unknown = store.id(404);

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
    const uuid other = store.add_user_beside(owner);
    store.add_token(1, owner);
    key_record refused = store.token(2, owner);

    SECTION("its id is taken, even by another owner's key")
    {
        refused.id = store.id(1);
        refused.owner = other;
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::id_taken);
        CHECK(run_task(store->list_all_keys(other))->empty());
        CHECK(run_task(store->find_key_by_name(other, std::string{refused.name})).error() ==
              storage_errc::not_found);
    }
    SECTION("its owner has a token of that name")
    {
        refused.name = "token-1";
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::name_taken);
        CHECK_FALSE(store.is_found(refused.id));
    }
    SECTION("its owner does not exist")
    {
        refused = store.token(3, sample_uuid(99));
        CHECK(run_task(store->insert_key(refused)).error() == storage_errc::owner_gone);
        CHECK_FALSE(store.is_found(refused.id));
    }
    SECTION("its owner is deleted")
    {
        REQUIRE(run_task(store->delete_user(other, store.now())));
        refused = store.token(3, other);
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
        key_record same = store.token(2, other);
        same.name = "token-1";
        CHECK(run_task(store->insert_key(same)));
    }
    SECTION("session keys have none, so there may be many")
    {
        CHECK(run_task(store->insert_key(store.session(2, owner))));
        CHECK(run_task(store->insert_key(store.session(3, owner))));
    }
    SECTION("a deleted token frees its name at once")
    {
        REQUIRE(run_task(store->delete_key(store.id(1))));
        key_record same = store.token(2, owner);
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
    CHECK(store.look(id)->key.expires_at == moment);
    REQUIRE(second);
    CHECK_FALSE(second->changed);
    CHECK(second->key.expires_at == moment);
}

TEST_CASE(
    "extending by use revives nothing: it moves the expiry of a live key, and of no expired or deleted one")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    REQUIRE(run_task(store->insert_key(store.session(1, owner))));
    const key_id id = store.id(1);
    const time_point later = store.now() + 3h;

    SECTION("live")
    {
        REQUIRE(run_task(store->extend_key(id, later, store.now())));
        CHECK(store.look(id)->key.expires_at == later);
    }
    SECTION("live, to an earlier moment")
    {
        const time_point sooner = store.now() + 10min;
        REQUIRE(run_task(store->extend_key(id, sooner, store.now())));
        CHECK(store.look(id)->key.expires_at == sooner);
    }
    SECTION("expired")
    {
        const time_point end = store.look(id)->key.expires_at;
        REQUIRE(run_task(store->extend_key(id, end + 1h, end)));
        CHECK(store.look(id)->key.expires_at == end);
    }
    SECTION("deleted")
    {
        REQUIRE(run_task(store->delete_key(id)));
        CHECK(run_task(store->extend_key(id, later, store.now())).error() == storage_errc::not_found);
        CHECK_FALSE(store.is_found(id));
    }
    SECTION("an extended key is not wiped at its old expiry")
    {
        REQUIRE(run_task(store->extend_key(id, later, store.now())));
        store.pass(2h);
        CHECK(store.look(id)->key.kind == digest_kind::sha256);
        store.pass(1h);
        CHECK(store.look(id)->key.kind == digest_kind::wiped);
    }
}

TEST_CASE("the same suite over every store: when a lifetime ends the digest is wiped, and the row goes after "
          "the retention")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);
    key_record same_name = store.token(2, owner);
    same_name.name = "token-1";

    store.pass(1h - 1us);
    CHECK(store.look(id)->key.kind == digest_kind::sha256);

    store.pass(1us);
    {
        const auto expired = store.look(id);
        REQUIRE(expired);
        CHECK(expired->key.kind == digest_kind::wiped);
        CHECK(expired->key.secret_digest == digest{});
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
    CHECK(store.look(id)->key.kind == digest_kind::wiped);
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
    const uuid other = store.add_user_beside(owner);
    store.add_token(5, owner);
    store.add_token(3, other); // the same moment, lower id
    REQUIRE(run_task(store->insert_key(store.session(4, owner))));
    store.time.advance(30min);
    store.add_token(1, owner);
    const auto list = [&](key_query query) {
        query.now = store.now();
        return ids_of(*run_task(all_of(store->list_tokens(query))));
    };

    CHECK(list({.owner = owner}) == store.ids({5, 1}));
    CHECK(list({}) == store.ids({3, 5, 1}));
    CHECK(list({.owner = sample_uuid(99)}).empty());
    CHECK(ids_of(*run_task(store->list_all_keys(other))) == store.ids({3}));
    CHECK(run_task(store->list_all_keys(owner))->size() == 3);

    store.pass(30min);
    CHECK(list({}) == store.ids({1}));
    CHECK(list({.include_expired = true}) == store.ids({3, 5, 1}));
    CHECK(run_task(store->list_all_keys(owner))->size() == 3);
}

TEST_CASE("a long list comes in parts, whole and in order, without what has gone meanwhile")
{
    const store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    constexpr std::uint32_t count = token_list::page_size + 100;
    for (std::uint32_t number = 1; number <= count; ++number)
        store.add_token(number, owner);
    const std::size_t limit = GENERATE(std::size_t{0}, token_list::page_size + 50);
    std::vector<std::string> expected = ids_of(*run_task(all_of(store->list_tokens({.now = store.now()}))));
    REQUIRE(expected.size() == count);

    const auto list = store->list_tokens({.now = store.now(), .limit = limit});
    auto found = ids_of(*run_task(list->next()));
    CHECK(found.size() == token_list::page_size);
    REQUIRE(run_task(store->delete_key(*key_id::parse(expected[token_list::page_size + 10]))));
    expected.erase(expected.begin() + token_list::page_size + 10);
    if (limit != 0) expected.resize(limit);
    for (auto page = ids_of(*run_task(list->next())); !page.empty(); page = ids_of(*run_task(list->next())))
        found.insert(found.end(), page.begin(), page.end());

    CHECK(found == expected);
    CHECK(run_task(list->next())->empty());
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
        return ids_of(*run_task(all_of(store->list_tokens(query))));
    };

    CHECK(page({}, 0) == store.ids({4, 2, 9, 7}));
    CHECK(page({}, 3) == store.ids({4, 2, 9}));
    CHECK(page(store.id(9), 3) == store.ids({7}));
    CHECK(page(store.id(4), 2) == store.ids({2, 9}));
    CHECK(page(store.id(2), 0) == store.ids({9, 7}));
    CHECK(page(store.id(7), 3).empty());
    CHECK(page(store.id(404), 3).empty());

    REQUIRE(run_task(store->expire_key(store.id(2), store.now())));
    CHECK(page(store.id(2), 3) == store.ids({9, 7})); // its place is known, while it is retained
    CHECK(page({}, 3) == store.ids({4, 9, 7}));
    REQUIRE(run_task(store->delete_key(store.id(2))));
    CHECK(page(store.id(2), 3).empty());
}

TEST_CASE("what takes a key away tells its revision, and a later one a greater")
{
    store_fixture store{any_store()};
    const uuid owner = store.add_user(1);
    const key_id first = store.add_token(1, owner);
    const key_id second = store.add_token(2, owner);

    const auto expired = run_task(store->expire_key(first, store.now()));
    REQUIRE(expired);
    CHECK(expired->changed_at > any_revision);
    const auto deleted = run_task(store->delete_key(second));
    REQUIRE(deleted);
    CHECK(deleted->changed_at > expired->changed_at);
    CHECK(deleted->key.name == "token-2"); // and what was deleted

    // Who expires what has expired may be the one who did it, and lost the answer.
    const auto again = run_task(store->expire_key(first, store.now()));
    REQUIRE(again);
    CHECK_FALSE(again->changed);
    CHECK(again->changed_at > expired->changed_at);

    store.time.advance(-1h); // of this process
    const auto last = run_task(store->delete_key(first));
    REQUIRE(last);
    CHECK(last->changed_at > again->changed_at);
}
