// Contract 3.7: {user} of a path.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

std::string upper(std::string text)
{
    std::ranges::transform(
        text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

std::string undashed(std::string id)
{
    std::erase(id, '-');
    return id;
}

} // namespace

TEST_CASE("a user is found as me, by id in every form, and by name without case", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account& who = wire.member;
    const std::string forms[] = {"me",
                                 who.id,
                                 upper(who.id),
                                 undashed(who.id),
                                 "%7B" + who.id + "%7D",
                                 "urn:uuid:" + who.id,
                                 who.username,
                                 upper(who.username)};
    for (const std::string& form : forms) {
        CAPTURE(form);
        const http_answer found = wire.get("/api/v2/users/" + form, who.token);
        REQUIRE(found.status == 200);
        CHECK(text(parsed(found), "id") == who.id);
    }
}

TEST_CASE("a user who does not exist and one who may not be seen are the same 404", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    for (const std::string& user : {std::string{"nobody"},
                                    std::string{"ME"},
                                    std::string{"11111111-2222-4333-8444-555555555555"},
                                    wire.other_member.username,
                                    wire.other_member.id}) {
        CAPTURE(user);
        check_not_found(wire.get("/api/v2/users/" + user, wire.member.token));
        check_not_found(wire.get(tokens_path(user), wire.member.token));
        check_not_found(wire.post(tokens_path(user), wire.member.token, "{}"));
        check_not_found(wire.get(tokens_path(user) + "/tokenconfig", wire.member.token));
    }
}

TEST_CASE("a deleted user is found by id and no longer by name", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account gone = wire.new_user();
    REQUIRE(wire.call("DELETE", "/api/v2/users/" + gone.username, wire.owner.token).status == 200);

    CHECK(wire.get("/api/v2/users/" + gone.id, wire.owner.token).status == 200);
    check_not_found(wire.get("/api/v2/users/" + gone.username, wire.owner.token));
}

TEST_CASE("an empty {user} is no route", "[wire][users]")
{
    // Runs of slashes collapse (1.1), so there is no path in which it could be empty.
    wire_fixture& wire = any_wire();
    CHECK(text(parsed(wire.get("/api/v2/users//keys/tokens", wire.member.token)), "message") != "");
    CHECK(wire.get("/api/v2/users//me", wire.member.token).status == 200);
}
