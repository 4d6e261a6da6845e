#include "storage/owner_state.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sample_records.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr role_set two_roles = role_set::from_bits(1 + 2);

user with(user one, user_status status, role_set roles)
{
    one.status = status;
    one.roles = roles;
    return one;
}

} // namespace

TEST_CASE("of changes on their way what they take away holds at once, what they give when they arrive")
{
    const user start = with(sample_user(1, {}), user_status::active, role::owner);
    owner_state owner{start, 1};

    SECTION("one change")
    {
        owner.begin_change(with(start, user_status::suspended, two_roles));
        CHECK(owner.view().status == user_status::suspended);
        CHECK(owner.current().roles == role_set{role::owner});

        owner.settle_change(true);
        CHECK(owner.current().roles == two_roles);
    }
    SECTION("a second one, which starts from the first")
    {
        owner.begin_change(with(start, user_status::suspended, role::owner));
        REQUIRE(owner.newest().status == user_status::suspended);
        owner.begin_change(with(owner.newest(), user_status::active, two_roles));
        CHECK(owner.view().status == user_status::suspended);

        owner.settle_change(true);
        CHECK(owner.view().status == user_status::suspended);
        CHECK(owner.current().roles == role_set{role::owner});

        owner.settle_change(true);
        CHECK(owner.view().status == user_status::active);
        CHECK(owner.current().roles == two_roles);
    }
    SECTION("the first arrives, a taking second still holds")
    {
        owner.begin_change(with(start, user_status::active, two_roles));
        owner.begin_change(with(start, user_status::suspended, {}));

        owner.settle_change(true);
        CHECK(owner.view().status == user_status::suspended);
        CHECK(owner.current().roles == role_set{});
    }
    SECTION("both fail: only the taking stays")
    {
        owner.begin_change(with(start, user_status::suspended, two_roles));
        owner.begin_change(with(start, user_status::active, two_roles));

        owner.settle_change(false);
        owner.settle_change(false);
        CHECK(owner.view().status == user_status::suspended);
        CHECK(owner.current().roles == role_set{role::owner});
        CHECK(owner.newest().status == user_status::suspended);
    }
}

TEST_CASE("a raised epoch sets the owner's keys aside, and stays raised if it cannot be written")
{
    owner_state owner{sample_user(1, {}), 1};
    key_entry entry;
    entry.record = sample_token(1, owner.id, {});
    owner.keys.insert(&entry);
    user next = owner.newest();
    ++next.key_epoch;

    const owned_keys dead = owner.begin_change(next);
    owner.settle_change(false);

    CHECK(dead.tokens.size() == 1);
    CHECK(owner.keys.tokens.empty());
    CHECK(owner.view().key_epoch == 1);
}
