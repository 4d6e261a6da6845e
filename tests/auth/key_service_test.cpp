#include "auth/key_service.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::string id_of(std::string_view token)
{
    return std::string{token.substr(0, key_id::length)};
}

// What each call answers about one key: 0 for yes.
struct answers {
    unsigned by_id, by_name, expire, remove;
    std::size_t listed, listed_all;
};

answers ask_all(auth_fixture& auth, const principal& caller, const user& target, const std::string& token)
{
    const std::string id = id_of(token);
    const std::string name{auth.stored(token).key.name};
    token_list_request everybody;
    everybody.include_all = true;
    answers seen{};
    seen.by_id = status_of(finish(auth.keys.find_by_id(caller, id, auth.from)));
    seen.by_name = status_of(finish(auth.keys.find_by_name(caller, target, name, auth.from)));
    seen.listed = finish(auth.keys.list_tokens(caller, target, {}, auth.from))->first.size();
    seen.listed_all = finish(auth.keys.list_tokens(caller, target, everybody, auth.from))->first.size();
    seen.expire = status_of(finish(auth.keys.expire(caller, id, auth.from)));
    seen.remove = status_of(finish(auth.keys.remove(caller, id, auth.from)));
    return seen;
}

} // namespace

TEST_CASE("somebody else's keys are an owner's to see and end, and hidden from all others",
          "[auth][key_service]")
{
    struct row {
        role_set roles;
        bool may;
    };
    for (const row& one : {row{{}, false},
                           row{role::user_admin, false},
                           row{role::auditor, false},
                           row{role::template_admin, false},
                           row{role::owner, true}}) {
        CAPTURE(int{one.roles.bits()});
        auth_fixture auth;
        const user ada = auth.add("ada");
        const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
        const principal caller = auth.sign_in(auth.add("caller", one.roles));

        const answers seen = ask_all(auth, caller, ada, token);
        const unsigned expected = one.may ? 0 : 404;
        CHECK(seen.by_id == expected);
        CHECK(seen.by_name == expected);
        CHECK(seen.expire == expected);
        CHECK(seen.remove == expected);
        CHECK(seen.listed == (one.may ? 1 : 0));
        CHECK(seen.listed_all == (one.may ? 1 : 0));
        CHECK(auth.verify(token) == (one.may ? verdict::unknown : verdict::accepted));
    }
}

TEST_CASE("a missing key and somebody else's are told apart by nothing", "[auth][key_service]")
{
    auth_fixture auth;
    const std::string token = auth.token_of(auth.add("ada"), unrestricted_rights());
    const principal eve = auth.sign_in(auth.add("eve"));

    for (const std::string& id : {id_of(token), std::string{"0123456789"}, std::string{"not an id"}}) {
        CAPTURE(id);
        auth.audit.entries.clear();
        const auto found = finish(auth.keys.find_by_id(eve, id, auth.from));
        const auto expired = finish(auth.keys.expire(eve, id, auth.from));
        const auto removed = finish(auth.keys.remove(eve, id, auth.from));
        for (const refusal& why : {found.error(), expired.error(), removed.error()}) {
            CHECK(why.status == 404);
            CHECK(why.message == "Resource not found or you do not have access to this resource");
            CHECK(why.detail.empty());
        }
        REQUIRE(auth.audit.entries.size() == 3); // writing an entry takes time: so it is written for all
        for (const audit_entry& entry : auth.audit.entries)
            CHECK(entry.outcome == "refused");
    }
}

TEST_CASE("an owner's miss is no refusal and leaves no entry", "[auth][key_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));

    CHECK(status_of(finish(auth.keys.remove(boss, "0123456789", auth.from))) == 404);
    CHECK(auth.audit.entries.empty());
}

TEST_CASE("a key is found by id alone, expired ones too", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    auth.now.advance(25h);

    const auto found = finish(auth.keys.find_by_id(caller, id_of(token), auth.from));
    REQUIRE(found);
    CHECK(found->username == "ada");
    CHECK(found->key.expires_at < auth.now.now());
    CHECK(finish(auth.keys.find_by_name(caller, ada, std::string{found->key.name}, auth.from)));
    CHECK(status_of(finish(auth.keys.find_by_name(caller, ada, "", auth.from))) == 404);
    CHECK(auth.audit.entries.empty()); // reading one's own is not recorded
}

TEST_CASE("expiring is idempotent, and only the first time is recorded", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const principal caller = auth.sign_in(ada);
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);

    REQUIRE(finish(auth.keys.expire(caller, id_of(token), auth.from)));
    const time_point expiry = auth.stored(token).key.expires_at;
    CHECK(expiry == auth.now.now());
    CHECK(auth.verify(token) == verdict::expired);

    auth.now.advance(1h);
    CHECK(finish(auth.keys.expire(caller, id_of(token), auth.from)));
    CHECK(auth.stored(token).key.expires_at == expiry);
    REQUIRE(auth.audit.entries.size() == 1);
    CHECK(auth.audit.last().action == "write");
    CHECK(diff_of(auth.audit.last()).at("expires_at").as_object().contains("old"));
    CHECK(diff_of(auth.audit.last()).at("expires_at").as_object().contains("new"));
}

TEST_CASE("a deleted key is gone at once, also the one used for the call", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string own = auth.token_of(ada, unrestricted_rights());
    const outcome<principal> caller = auth.authenticate(own);
    REQUIRE(caller);

    REQUIRE(finish(auth.keys.remove(*caller, id_of(own), auth.from)));
    CHECK(auth.verify(own) == verdict::unknown);
    CHECK(status_of(finish(auth.keys.remove(*caller, id_of(own), auth.from))) == 404); // a second delete
}

TEST_CASE("lists hold tokens only, live ones unless asked, and everybody's for owners", "[auth][key_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const user ada = auth.add("ada");
    const principal owner = auth.sign_in(boss);
    const principal member = auth.sign_in(ada); // sessions are not listed
    auth.token_of(boss, unrestricted_rights(), login_type::token);
    const std::string expired = auth.token_of(ada, unrestricted_rights(), login_type::token);
    REQUIRE(finish(auth.keys.expire(member, id_of(expired), auth.from)));
    auth.token_of(ada, unrestricted_rights(), login_type::token);
    const auto count = [&](const principal& caller, const user& target, token_list_request asked) {
        const auto listed = finish(auth.keys.list_tokens(caller, target, asked, auth.from));
        REQUIRE(listed);
        return listed->first.size();
    };
    token_list_request all;
    all.include_all = true;
    token_list_request with_expired;
    with_expired.include_expired = true;
    token_list_request all_with_expired = all;
    all_with_expired.include_expired = true;

    CHECK(count(member, ada, {}) == 1);
    CHECK(count(member, ada, with_expired) == 2);
    CHECK(count(member, ada, all) == 1);
    CHECK(count(owner, ada, {}) == 1);
    CHECK(count(owner, boss, all) == 2);
    CHECK(count(owner, boss, all_with_expired) == 3);
}

TEST_CASE("a scope without keys sees no list and ends no key", "[auth][key_service]")
{
    auth_fixture auth;
    const user boss = auth.add("boss", role::owner);
    const std::string token = auth.token_of(boss, unrestricted_rights(), login_type::token);

    const answers seen = ask_all(auth, auth.sign_in(boss, {{"user:read"}, {"*:*"}}), boss, token);
    CHECK(seen.by_id == 404);
    CHECK(seen.by_name == 404);
    CHECK(seen.expire == 404);
    CHECK(seen.remove == 404);
    CHECK(seen.listed == 0);
    CHECK(seen.listed_all == 0);
    CHECK(auth.verify(token) == verdict::accepted);
}

TEST_CASE("a store that cannot be asked is 503 with the words of the route", "[auth][key_service]")
{
    auth_fixture auth;
    const user ada = auth.add("ada");
    const std::string token = auth.token_of(ada, unrestricted_rights(), login_type::token);
    const principal caller = auth.sign_in(ada);
    auth.records.cannot_read = true;
    const std::string id = id_of(token);

    const auto found = finish(auth.keys.find_by_id(caller, id, auth.from));
    const auto listed = finish(auth.keys.list_tokens(caller, ada, {}, auth.from));
    const auto removed = finish(auth.keys.remove(caller, id, auth.from));
    const auto expired = finish(auth.keys.expire(caller, id, auth.from));
    CHECK(status_of(found) == 503);
    CHECK(found.error().message == "Internal error fetching API key.");
    CHECK(listed.error().message == "Internal error fetching API keys.");
    CHECK(removed.error().message == "Internal error deleting API key.");
    CHECK(expired.error().message == "Internal error expiring API key.");
}
