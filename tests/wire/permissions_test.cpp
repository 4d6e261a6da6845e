// Contract 6: who may do what with whose keys, and what a denied caller sees.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

struct target {
    account who;
    std::string token;
    std::string name;
};

target make_target(wire_fixture& wire)
{
    target made{wire.new_user(), {}, "deploy"};
    made.token = wire.new_token(made.who, R"({"token_name":"deploy"})");
    return made;
}

std::string key_path(std::string_view user, const std::string& token)
{
    return keys_path(user) + "/" + id_of(token);
}

} // namespace

TEST_CASE("everybody does everything with his own keys", "[wire][permissions]") // 6.1
{
    wire_fixture& wire = any_wire();
    for (const account* caller :
         {&wire.owner, &wire.member, &wire.user_admin, &wire.template_admin, &wire.auditor}) {
        INFO(caller->username);
        const std::string name = wire.fresh_name("own");
        const std::string token = wire.new_token(*caller, "{\"token_name\":\"" + name + "\"}");
        CHECK(wire.get(key_path("me", token), caller->token).status == 200);
        CHECK(wire.get(tokens_path("me") + "/" + name, caller->token).status == 200);
        CHECK(wire.get(tokens_path("me") + "/tokenconfig", caller->token).status == 200);
        CHECK(std::ranges::count(column(parsed(wire.get(tokens_path("me"), caller->token)), "id"),
                                 id_of(token)) == 1);
        CHECK(wire.post(keys_path("me"), caller->token, "").status == 201);
        CHECK(wire.call("PUT", key_path("me", token) + "/expire", caller->token).status == 204);
        CHECK(wire.call("DELETE", key_path("me", token), caller->token).status == 204);
    }
}

TEST_CASE("an owner does everything with other users' keys", "[wire][permissions]") // 6.2
{
    wire_fixture& wire = any_wire();
    const auto [who, token, name] = make_target(wire);
    const std::string& caller = wire.owner.token;

    CHECK(wire.post(tokens_path(who.username), caller, "{}").status == 201);
    CHECK(wire.post(keys_path(who.username), caller, "").status == 201);
    CHECK(wire.get(key_path(who.username, token), caller).status == 200);
    CHECK(wire.get(tokens_path(who.username) + "/" + name, caller).status == 200);
    CHECK(parsed(wire.get(tokens_path(who.username), caller)).as_array().size() == 2);
    CHECK(wire.get(tokens_path(who.username) + "/tokenconfig", caller).status == 200);
    CHECK(wire.call("PUT", key_path(who.username, token) + "/expire", caller).status == 204);
    CHECK(wire.call("DELETE", key_path("me", token), caller).status == 204);
}

TEST_CASE("a member sees nothing of other users", "[wire][permissions]") // 6.2
{
    wire_fixture& wire = any_wire();
    const auto [who, token, name] = make_target(wire);
    const std::string& caller = wire.member.token;

    check_not_found(wire.post(tokens_path(who.username), caller, "{}"));
    check_not_found(wire.post(keys_path(who.username), caller, ""));
    check_not_found(wire.get(tokens_path(who.username), caller));
    check_not_found(wire.get(tokens_path(who.username) + "/" + name, caller));
    check_not_found(wire.get(tokens_path(who.username) + "/tokenconfig", caller));
    for (const std::string& user : {who.username, std::string{"me"}}) {
        check_not_found(wire.get(key_path(user, token), caller));
        check_not_found(wire.call("DELETE", key_path(user, token), caller));
        check_not_found(wire.call("PUT", key_path(user, token) + "/expire", caller));
    }
    CHECK(wire.get("/api/v2/users/me", token).status == 200); // untouched
}

TEST_CASE("user admins, auditors and template admins see users but not their keys", "[wire][permissions]")
{
    wire_fixture& wire = any_wire();
    const auto [who, token, name] = make_target(wire);
    for (const account* caller : {&wire.user_admin, &wire.auditor, &wire.template_admin}) {
        INFO(caller->username);
        CHECK(wire.get("/api/v2/users/" + who.username, caller->token).status == 200);
        check_forbidden(wire.post(tokens_path(who.username), caller->token, "{}")); // A2
        check_not_found(wire.get(tokens_path(who.username) + "/" + name, caller->token));
        CHECK(wire.get(tokens_path(who.username), caller->token).body == "[]\n");
        CHECK(wire.get(tokens_path(who.username) + "/tokenconfig", caller->token).status == 200);
        for (const std::string& user : {who.username, std::string{"me"}}) {
            check_not_found(wire.get(key_path(user, token), caller->token));
            check_not_found(wire.call("DELETE", key_path(user, token), caller->token));
            check_not_found(wire.call("PUT", key_path(user, token) + "/expire", caller->token));
        }
    }
    CHECK(wire.get("/api/v2/users/me", token).status == 200);
}

TEST_CASE("a token without user read cannot resolve {user}, not even me", "[wire][permissions]") // 6.3
{
    wire_fixture& wire = any_wire();
    for (const char* scopes :
         {R"(["application_connect"])", R"(["api_key:*"])", R"(["coder:apikeys.manage_self"])"}) {
        CAPTURE(scopes);
        const std::string token =
            wire.new_token(wire.member, std::string{R"({"scopes":)"}.append(scopes).append("}"));
        check_not_found(wire.get("/api/v2/users/me", token));
        check_not_found(wire.get(tokens_path("me"), token));
        check_not_found(wire.get(key_path("me", token), token));
        check_not_found(wire.post(tokens_path("me"), token, "{}"));
    }
}

TEST_CASE("a token with user read and api_key rights does what those allow", "[wire][permissions]") // 6.3
{
    wire_fixture& wire = any_wire();
    const std::string reader = wire.new_token(wire.member, R"({"scopes":["user:read","api_key:read"]})");

    CHECK(wire.get(tokens_path("me"), reader).status == 200);
    CHECK(wire.get(key_path("me", reader), reader).status == 200);
    check_forbidden(wire.post(tokens_path("me"), reader, "{}"));
    check_not_found(wire.call("DELETE", key_path("me", reader), reader));
    check_not_found(wire.call("PUT", key_path("me", reader) + "/expire", reader));
}

TEST_CASE("a scope never adds to what the user's roles allow", "[wire][permissions]") // 5.3
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["coder:all","user:*","api_key:*"]})");

    check_not_found(wire.get("/api/v2/users/" + wire.other_member.username, token));
    check_forbidden(wire.get("/api/v2/audit", token));
}

TEST_CASE("the audit log is read by owners and auditors only", "[wire][permissions]") // 6.3, 7.2
{
    wire_fixture& wire = any_wire();
    CHECK(wire.get("/api/v2/audit", wire.owner.token).status == 200);
    CHECK(wire.get("/api/v2/audit", wire.auditor.token).status == 200);
    for (const account* caller : {&wire.member, &wire.user_admin, &wire.template_admin})
        check_forbidden(wire.get("/api/v2/audit", caller->token));
    const std::string narrow = wire.new_token(wire.auditor, R"({"scopes":["user:read"]})");
    check_forbidden(wire.get("/api/v2/audit", narrow));
}
