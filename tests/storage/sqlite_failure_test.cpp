// A disk that refuses to take more: the store turns read-only, keeps refusing what was taken away, and
// recovers. The refusal is the kernel's (RLIMIT_FSIZE), not a simulation.
#include "tests/storage/sqlite_fixture.hpp"
#include "tests/support/patience.hpp"

#include <csignal>
#include <sys/resource.h>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// While it lives, no file of this process can be written beyond its first bytes.
class full_disk {
public:
    full_disk()
    {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit none{16, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &none);
    }

    ~full_disk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

    full_disk(const full_disk&) = delete;
    full_disk& operator=(const full_disk&) = delete;

private:
    rlimit before_{};
};

sqlite_options probing(std::chrono::milliseconds interval)
{
    sqlite_options options;
    options.retention = retention;
    options.probe_interval = interval;
    return options;
}

user_change with_status(user_status status)
{
    user_change change;
    change.status = status;
    return change;
}

} // namespace

TEST_CASE("a creation that cannot be written is unavailable, and leaves nothing behind")
{
    sqlite_fixture store{probing(1h)};
    const uuid owner = store.add_user(1);
    {
        const full_disk full;
        CHECK(run_task(store->insert_key(sample_token(1, owner, store.now()))).error() ==
              storage_errc::unavailable);
        CHECK(run_task(store->insert_user(sample_user(2, store.now()))).error() == storage_errc::unavailable);
    }

    CHECK_FALSE(store.is_found(sample_key_id(1)));
    CHECK(run_task(store->find_key_by_name(owner, "token-1")).error() == storage_errc::not_found);
    CHECK(run_task(store->list_all_keys(owner))->empty());
    store.reopen();
    CHECK_FALSE(store.is_found(sample_key_id(1)));
    CHECK(store->health().can_write);
    store.add_token(1, owner); // id and name are free
}

TEST_CASE("a store that cannot write says so, refuses changes, and goes on verifying")
{
    sqlite_fixture store{probing(1h)};
    const uuid owner = store.add_user(1);
    const key_id alive = store.add_token(1, owner);
    {
        const full_disk full;
        CHECK(run_task(store->insert_key(sample_token(2, owner, store.now()))).error() ==
              storage_errc::unavailable);
    }

    CHECK(store->health().can_read);
    CHECK_FALSE(store->health().can_write);
    CHECK_THAT(store->health().problem, Catch::Contains("cannot be written"));
    CHECK(store.is_found(alive));
    CHECK(run_task(store->list_all_keys(owner))->size() == 1);
    CHECK(run_task(store->insert_key(sample_token(3, owner, store.now()))).error() ==
          storage_errc::unavailable);
    CHECK(run_task(store->extend_key(alive, store.now() + 9999h, store.now())).error() ==
          storage_errc::unavailable);
    CHECK(run_task(store->delete_key(sample_key_id(9))).error() == storage_errc::unavailable);
    CHECK(store.is_found(alive));
}

TEST_CASE("a removal holds in memory although the store is read-only already, and is written first")
{
    sqlite_fixture store{probing(1h)};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);
    const key_id other = store.add_token(2, owner);
    user_change promotion;
    promotion.roles = role_set{role::auditor};
    REQUIRE(run_task(store->change_user(owner, promotion)));
    {
        const full_disk full;
        REQUIRE_FALSE(run_task(store->insert_key(sample_token(3, owner, store.now()))));
    }
    REQUIRE_FALSE(store->health().can_write); // the disk has room again, but the store does not know yet

    std::function<bool()> is_gone;
    const auto change = [&](const user_change& wanted) {
        CHECK(run_task(store->change_user(owner, wanted)).error() == storage_errc::unavailable);
    };
    SECTION("a deleted key")
    {
        CHECK(run_task(store->delete_key(id)).error() == storage_errc::unavailable);
        CHECK(run_task(store->delete_key(id)).error() == storage_errc::unavailable); // still not durable
        is_gone = [&] { return !store.is_found(id) && store.is_found(other); };
    }
    SECTION("an expired key")
    {
        CHECK(run_task(store->expire_key(id, store.now())).error() == storage_errc::unavailable);
        is_gone = [&] { return store->lookup(id).key->expires_at == store.now(); };
    }
    SECTION("a suspended user")
    {
        change(with_status(user_status::suspended));
        change(with_status(user_status::active)); // what gives is refused
        is_gone = [&] { return store->lookup(id).owner.status == user_status::suspended; };
    }
    SECTION("a role, of a change that gives another")
    {
        user_change roles;
        roles.roles = role_set{role::owner};
        change(roles);
        is_gone = [&] { return run_task(store->find_user(owner))->roles == role_set{}; };
    }
    SECTION("dropped keys, of a change that sets another password")
    {
        user_change password;
        password.password_hash = "another";
        password.drop_keys = true;
        change(password);
        is_gone = [&] {
            const bool has_old_password = run_task(store->find_user(owner))->password_hash != "another";
            return has_old_password && !store.is_found(id) && !store.is_found(other);
        };
    }
    SECTION("a deleted user")
    {
        CHECK(run_task(store->delete_user(owner, store.now())).error() == storage_errc::unavailable);
        is_gone = [&] { return !store.is_found(id) && !store.is_found(other); };
    }
    CHECK(is_gone());
    CHECK_FALSE(store->health().can_write);

    store.reopen(); // closing is the last chance to write what is owed
    CHECK(is_gone());
}

TEST_CASE("what was being taken away when the disk failed stays away, and is made up for")
{
    sqlite_fixture store{probing(50ms)};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);
    const key_id other = store.add_token(2, owner);
    std::function<bool()> is_gone;
    {
        const full_disk full;
        SECTION("a deleted key")
        {
            CHECK(run_task(store->delete_key(id)).error() == storage_errc::unavailable);
            is_gone = [&] { return !store.is_found(id); };
        }
        SECTION("an expired key")
        {
            CHECK(run_task(store->expire_key(id, store.now())).error() == storage_errc::unavailable);
            is_gone = [&] { return store->lookup(id).key->expires_at == store.now(); };
        }
        SECTION("a suspended user")
        {
            CHECK(run_task(store->change_user(owner, with_status(user_status::suspended))).error() ==
                  storage_errc::unavailable);
            is_gone = [&] { return store->lookup(id).owner.status == user_status::suspended; };
        }
        SECTION("dropped keys")
        {
            user_change change;
            change.drop_keys = true;
            CHECK(run_task(store->change_user(owner, change)).error() == storage_errc::unavailable);
            is_gone = [&] { return !store.is_found(id) && !store.is_found(other); };
        }
        SECTION("a deleted user")
        {
            CHECK(run_task(store->delete_user(owner, store.now())).error() == storage_errc::unavailable);
            is_gone = [&] { return !store.is_found(id) && !store.is_found(other); };
        }
        CHECK(is_gone());
        CHECK_FALSE(store->health().can_write);
    }

    CHECK(is_gone());
    REQUIRE(becomes_true([&] { return store->health().can_write; }));
    CHECK(is_gone());
    store.reopen();
    CHECK(is_gone());
}

TEST_CASE("what was being given when the disk failed is not given")
{
    sqlite_fixture store{probing(1h)};
    const uuid owner = store.add_user(1);
    const key_id id = sample_key_id(1);
    REQUIRE(run_task(store->insert_key(sample_session(1, owner, store.now()))));
    const time_point end = store.now() + 1h;
    REQUIRE(run_task(store->change_user(owner, with_status(user_status::suspended))));

    SECTION("an extension")
    {
        const full_disk full;
        CHECK(run_task(store->extend_key(id, end + 1h, store.now())).error() == storage_errc::unavailable);
    }
    SECTION("an activation")
    {
        const full_disk full;
        CHECK(run_task(store->change_user(owner, with_status(user_status::active))).error() ==
              storage_errc::unavailable);
    }
    SECTION("a role")
    {
        const full_disk full;
        user_change change;
        change.roles = role_set{role::owner};
        CHECK(run_task(store->change_user(owner, change)).error() == storage_errc::unavailable);
    }

    const auto is_as_before = [&] {
        const bool has_no_role = run_task(store->find_user(owner))->roles == role_set{};
        const key_lookup answer = store->lookup(id);
        return has_no_role && answer.key->expires_at == end && answer.owner.status == user_status::suspended;
    };
    CHECK(is_as_before());
    store.reopen();
    CHECK(is_as_before());
}

TEST_CASE("a lifetime that ends while the disk is full still ends, and is erased afterwards")
{
    sqlite_fixture store{probing(50ms)};
    const uuid owner = store.add_user(1);
    const key_id id = store.add_token(1, owner);
    {
        const full_disk full;
        CHECK_FALSE(run_task(store->insert_key(sample_token(2, owner, store.now()))));
        store.pass(1h);
        CHECK(store->lookup(id).key->kind == digest_kind::wiped);
    }
    REQUIRE(becomes_true([&] { return store->health().can_write; }));
    store.close();

    CHECK(store.ask("SELECT count(*) FROM keys WHERE digest IS NOT NULL") == 0);
}

TEST_CASE("more changes than the queue holds are refused as overload, none half-made")
{
    sqlite_options options = probing(1h);
    options.queue_limit = 4;
    sqlite_fixture store{options};
    const uuid owner = store.add_user(1);
    constexpr std::uint32_t count = 64;
    asio::io_context context{1};
    std::vector<result<void>> outcomes(count);
    for (std::uint32_t number = 0; number < count; ++number) {
        auto insertion = store->insert_key(sample_token(number, owner, store.now()));
        asio::co_spawn(context,
                       std::move(insertion),
                       [&outcomes, number](std::exception_ptr, result<void> one) { outcomes[number] = one; });
    }

    context.run_for(patience);

    std::size_t inserted = 0;
    for (std::uint32_t number = 0; number < count; ++number) {
        CAPTURE(number);
        if (outcomes[number]) ++inserted;
        CHECK(store.is_found(sample_key_id(number)) == outcomes[number].has_value());
        if (!outcomes[number]) CHECK(outcomes[number].error() == storage_errc::overloaded);
    }
    CHECK(inserted >= 4);
    CHECK(inserted < count);
    CHECK(run_task(store->list_all_keys(owner))->size() == inserted);
}
