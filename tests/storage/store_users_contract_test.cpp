// What every store promises about users (storage/store.hpp), run over each of them.
#include "tests/storage/store_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

user system_user(time_point now)
{
    user one = sample_user(1000, now);
    one.username = "system";
    one.email.clear();
    one.is_system = true;
    return one;
}

} // namespace

TEST_CASE("a user is found by id, and by name and address in any case")
{
    const store_fixture store{any_store()};
    const uuid id = store.add_user(1);

    CHECK(run_task(store->find_user(id))->username == "User-1");
    CHECK(run_task(store->find_user_by_username("uSER-1"))->id == id);
    CHECK(run_task(store->find_user_by_email("USER-1@example.COM"))->id == id);
    CHECK(run_task(store->find_user(sample_uuid(2))).error() == storage_errc::not_found);
    CHECK(run_task(store->find_user_by_username("user-2")).error() == storage_errc::not_found);
    CHECK(run_task(store->find_user_by_email("")).error() == storage_errc::not_found);
}

TEST_CASE("ids, usernames and addresses of users are unique, without case")
{
    const store_fixture store{any_store()};
    store.add_user(1);
    user second = sample_user(2, store.now());

    SECTION("the id")
    {
        second.id = sample_uuid(1);
        CHECK(run_task(store->insert_user(second)).error() == storage_errc::id_taken);
    }
    SECTION("the username")
    {
        second.username = "USER-1";
        CHECK(run_task(store->insert_user(second)).error() == storage_errc::username_taken);
        CHECK(run_task(store->find_user_by_email(second.email)).error() == storage_errc::not_found);
    }
    SECTION("the address")
    {
        second.email = "user-1@EXAMPLE.com";
        CHECK(run_task(store->insert_user(second)).error() == storage_errc::email_taken);
        CHECK(run_task(store->find_user_by_username(second.username)).error() == storage_errc::not_found);
    }
    SECTION("but many may have no address")
    {
        second.email.clear();
        user third = sample_user(3, store.now());
        third.email.clear();
        CHECK(run_task(store->insert_user(second)));
        CHECK(run_task(store->insert_user(third)));
    }
}

TEST_CASE("the first user is inserted only where there is nobody but the system")
{
    const store_fixture store{any_store()};
    REQUIRE(run_task(store->insert_user(system_user(store.now()))));
    CHECK(run_task(store->has_users()).value() == false);

    CHECK(run_task(store->insert_first_user(sample_user(1, store.now()))));
    CHECK(run_task(store->insert_first_user(sample_user(2, store.now()))).error() ==
          storage_errc::users_exist);

    CHECK(run_task(store->has_users()).value() == true);
    CHECK(run_task(store->find_user(sample_uuid(2))).error() == storage_errc::not_found);
}

TEST_CASE("users are listed by name without case, the system left out")
{
    const store_fixture store{any_store()};
    REQUIRE(run_task(store->insert_user(system_user(store.now()))));
    for (const char* name : {"bob", "Alice", "carol"}) {
        user one = sample_user(static_cast<std::uint32_t>(name[0]), store.now());
        one.username = name;
        REQUIRE(run_task(store->insert_user(one)));
    }

    const auto listed = run_task(store->list_users());

    REQUIRE(listed->size() == 3);
    CHECK((*listed)[0].username == "Alice");
    CHECK((*listed)[1].username == "bob");
    CHECK((*listed)[2].username == "carol");
}

TEST_CASE("a change of a user touches what it names, and verification sees it at once")
{
    const store_fixture store{any_store()};
    const uuid id = store.add_user(1);
    const key_id key = store.add_token(1, id);

    SECTION("status")
    {
        const auto changed =
            run_task(store->change_user(id, {.status = user_status::suspended, .now = store.now() + 1s}));
        REQUIRE(changed);
        CHECK(changed->status == user_status::suspended);
        CHECK(changed->updated_at == store.now() + 1s);
        CHECK(store.look(key)->owner.status == user_status::suspended);

        REQUIRE(run_task(store->change_user(id, {.status = user_status::active, .now = store.now()})));
        CHECK(store.look(key)->owner.status == user_status::active);
    }
    SECTION("roles")
    {
        REQUIRE(run_task(store->change_user(id, {.roles = role_set{role::auditor}, .now = store.now()})));
        CHECK(run_task(store->find_user(id))->roles == role_set{role::auditor});
        CHECK(run_task(store->find_user(id))->password_hash == "$argon2id$sample");
    }
    SECTION("password")
    {
        REQUIRE(run_task(store->change_user(id, {.password_hash = "$other", .now = store.now()})));
        CHECK(run_task(store->find_user(id))->password_hash == "$other");
        CHECK(store.is_found(key));
    }
    SECTION("nobody's")
    {
        CHECK(run_task(store->change_user(sample_uuid(9), {})).error() == storage_errc::not_found);
    }
}

TEST_CASE("dropping keys kills all of the user's keys at once, and frees their names")
{
    store_fixture store{any_store()};
    const uuid id = store.add_user(1);
    const uuid other = store.add_user_beside(id);
    const key_id dead = store.add_token(1, id);
    const key_id alive = store.add_token(2, other);
    REQUIRE(run_task(store->insert_key(store.session(3, id))));

    const auto changed = run_task(store->change_user(id, {.drop_keys = true, .now = store.now()}));

    REQUIRE(changed);
    CHECK(changed->key_epoch > 0);
    CHECK_FALSE(store.is_found(dead));
    CHECK_FALSE(store.is_found(store.id(3)));
    CHECK(store.is_found(alive));
    CHECK(run_task(store->ask(dead)).error() == storage_errc::not_found);
    CHECK(run_task(store->find_key(dead)).error() == storage_errc::not_found);
    CHECK(run_task(store->delete_key(dead)).error() == storage_errc::not_found);
    CHECK(run_task(store->expire_key(dead, store.now())).error() == storage_errc::not_found);
    CHECK(run_task(store->find_key_by_name(id, "token-1")).error() == storage_errc::not_found);
    CHECK(run_task(store->list_all_keys(id))->empty());
    CHECK(run_task(all_of(store->list_tokens({.include_expired = true, .now = store.now()})))->size() == 1);

    key_record fresh = store.token(4, id);
    fresh.name = "token-1";
    REQUIRE(run_task(store->insert_key(fresh)));
    CHECK(store.look(fresh.id)->key.owner_epoch >= changed->key_epoch);

    store.pass(1s); // the sweep takes the dead, and nothing else
    CHECK(store.is_found(fresh.id));
    CHECK(store.is_found(alive));
    CHECK(run_task(store->insert_key(store.token(1, other)))); // the id is free again
}

TEST_CASE("a deleted user is kept by id only, and takes every key along")
{
    const store_fixture store{any_store()};
    const uuid id = store.add_user(1);
    const key_id key = store.add_token(1, id);

    const auto before = run_task(store->delete_user(id, store.now() + 1s));

    REQUIRE(before);
    CHECK_FALSE(before->is_deleted);
    CHECK(run_task(store->find_user(id))->is_deleted);
    CHECK(run_task(store->find_user(id))->updated_at == store.now() + 1s);
    CHECK_FALSE(store.is_found(key));
    CHECK(run_task(store->find_user_by_username("user-1")).error() == storage_errc::not_found);
    CHECK(run_task(store->find_user_by_email("user-1@example.com")).error() == storage_errc::not_found);
    CHECK(run_task(store->list_users())->empty());
    CHECK(run_task(store->has_users()).value() == false);
    CHECK(run_task(store->delete_user(id, store.now())).error() == storage_errc::not_found);
    CHECK(run_task(store->change_user(id, {})).error() == storage_errc::not_found);

    user heir = sample_user(2, store.now());
    heir.username = "user-1";
    heir.email = "user-1@example.com";
    CHECK(run_task(store->insert_user(heir)));
}

TEST_CASE("a sighting of a user is remembered, and never moves backwards")
{
    const store_fixture store{any_store()};
    const uuid id = store.add_user(1);

    store->record_seen(id, store.now() + 5s);
    store->record_seen(id, store.now() + 2s);
    store->record_seen(sample_uuid(9), store.now());

    CHECK(run_task(store->find_user(id))->last_seen_at == store.now() + 5s);
}

TEST_CASE("a store that is well says so")
{
    const store_fixture store{any_store()};

    CHECK(store->health().can_read);
    CHECK(store->health().can_write);
    CHECK(store->health().problem.empty());
}

TEST_CASE("what is done to a user tells its revision where verifications see it, and a later one a greater")
{
    const store_fixture store{any_store()};
    const uuid id = store.add_user(1);

    const auto suspended =
        run_task(store->change_user(id, {.status = user_status::suspended, .now = store.now()}));
    REQUIRE(suspended);
    CHECK(suspended->changed_at > any_revision);
    const auto activated =
        run_task(store->change_user(id, {.status = user_status::active, .now = store.now()}));
    REQUIRE(activated);
    CHECK(activated->changed_at > suspended->changed_at);
    const auto dropped = run_task(store->change_user(id, {.drop_keys = true, .now = store.now()}));
    REQUIRE(dropped);
    CHECK(dropped->changed_at > activated->changed_at);
    const auto deleted = run_task(store->delete_user(id, store.now()));
    REQUIRE(deleted);
    CHECK(deleted->changed_at > dropped->changed_at);
}
