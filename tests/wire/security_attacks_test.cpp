// More attacks that other token services fell to; as in security_rules_test.cpp, each test is named by the
// rule of security.md, or the requirement of ASVS 5.0, that it keeps.
#include "server/router.hpp"
#include "tests/wire/route_paths.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <boost/beast/http/verb.hpp>

using namespace latchkey::test;

namespace {

const std::string nobody = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"; // the id of no user

http_answer with_header(wire_fixture& wire, const std::string& name, const std::string& value)
{
    return wire.call("GET", "/verify", {}, {}, {{name, value}});
}

} // namespace

TEST_CASE("the cache holds the record, never the decision: every hit is checked for what it demands",
          "[wire][security]") // 4, 5
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["user:read"]})");
    const std::string wrong = token.substr(0, 11) + std::string(22, 'x');

    for (int round = 0; round < 3; ++round) {
        CAPTURE(round);
        CHECK(wire.get("/verify", token).status == 200);
        CHECK(wire.get("/verify?scope=user:read", token).status == 200);
        CHECK(wire.get("/verify?scope=workspace:read", token).status == 403);
        CHECK(wire.get("/verify?scope=user:read&scope=workspace:read", token).status == 403);
        CHECK(wire.get("/verify", wrong).status == 401); // the same key, found in the same place
        CHECK(wire.get("/api/v2/users/me", token).status == 200);
        CHECK(wire.get(tokens_path("me"), token).body == "[]\n"); // not its right
    }
}

TEST_CASE("404 not 403 on every id-based route: another user's is as if it did not exist",
          "[wire][security]") // 11
{
    wire_fixture& wire = any_wire();
    const account victim = wire.new_user();
    const std::string token = wire.new_token(victim, R"({"token_name":"theirs"})");
    const std::string body = R"({"password":"Another-Secure-Password!8","roles":[]})";

    std::size_t tried = 0;
    for (const latchkey::route& row : latchkey::all_routes()) {
        if (row.pattern.find("{user}") == std::string_view::npos) continue;
        ++tried;
        const std::string method = method_of(row);
        CAPTURE(method, row.pattern);
        const std::string theirs = path_of(row, victim.id, id_of(token), "theirs");
        const http_answer refused = wire.call(method, theirs, wire.member.token, body);
        const http_answer absent =
            wire.call(method, path_of(row, nobody, "AAAAAAAAAA", "absent"), wire.member.token, body);
        CHECK(refused.status == 404);
        CHECK(absent.status == 404);
        CHECK(refused.body == absent.body);
        if (row.pattern.find("{keyid}") == std::string_view::npos) continue;
        // The key belongs to another than {user}: its id alone gives no right.
        CHECK(wire.call(method, path_of(row, "me", id_of(token), {}), wire.member.token, body).status == 404);
    }
    CHECK(tried > 10);
    CHECK(wire.get("/api/v2/users/me", token).status == 200);
    CHECK(wire.get("/api/v2/users/me", victim.token).status == 200);
}

TEST_CASE("no unscoped legacy routes: keys and users are reached below {user} and nowhere else",
          "[wire][security]") // 12
{
    for (const latchkey::route& row : latchkey::all_routes()) {
        CAPTURE(row.pattern);
        const bool has_parameter = row.pattern.find('{') != std::string_view::npos;
        const bool is_page = row.pattern.starts_with("/assets/");
        if (has_parameter && !is_page) CHECK(row.pattern.starts_with("/api/v2/users/{user}"));
    }
    wire_fixture& wire = any_wire();
    const std::string id = id_of(wire.new_token(wire.member));
    for (const std::string& path : {"/users/me/keys/" + id,
                                    "/api/users/me/keys/" + id,
                                    "/api/v1/users/me/keys/" + id,
                                    "/v2/users/me/keys/" + id,
                                    "/api/v2/keys/" + id,
                                    "/api/v2/tokens/" + id,
                                    "/api/v2/users/keys/tokens/" + id,
                                    "/api/v2/users/me/tokens/" + id,
                                    "/api/v2/users/me/sessions/" + id,
                                    "/api/v2/organizations/default/members/me/keys/" + id}) {
        for (const char* method : {"GET", "PUT", "DELETE"}) {
            CAPTURE(path, method);
            CHECK(wire.call(method, path, wire.owner.token, "{}").status == 404);
        }
    }
    CHECK(wire.get(keys_path("me") + "/" + id, wire.member.token).status == 200);
}

TEST_CASE("underscore look-alikes of a header count for nothing, and an identity that a client sends is not "
          "passed on",
          "[wire][security]") // 20, 21
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    CHECK(with_header(wire, "Coder-Session-Token", token).status == 200);
    for (const char* name : {"Coder_Session_Token",
                             "Coder-Session_Token",
                             "HTTP-Coder-Session-Token",
                             "X-Coder-Session-Token",
                             "Proxy-Authorization",
                             "X-Authorization",
                             "X-Api-Key"}) {
        CAPTURE(name);
        CHECK(with_header(wire, name, token).status == 401);
        CHECK(with_header(wire, name, "Bearer " + token).status == 401);
    }
    for (const char* name : {"X-Latchkey-User-Id", "X_Latchkey_User_Id", "x-latchkey-user-id"}) {
        CAPTURE(name);
        const http_answer refused = with_header(wire, name, wire.owner.id);
        CHECK(refused.status == 401);
        CHECK(refused.count("x-latchkey-user-id") == 1);
        CHECK(refused.header("x-latchkey-user-id").empty());
        const http_answer let_in = wire.call("GET", "/verify", token, {}, {{name, wire.owner.id}});
        CHECK(let_in.header("x-latchkey-user-id") == wire.member.id);
        for (const auto& line : let_in.headers)
            CHECK_FALSE(contains(line.second, wire.owner.id));
    }
}

TEST_CASE("CTL bytes are rejected in every value that is echoed into a header", "[wire][security]") // 35
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    const std::pair<const char*, const char*> demanded[] = {{"a%0d%0aX-Evil:%201", "a??X-Evil:?1"},
                                                            {"a%0aX-Evil:1", "a?X-Evil:1"},
                                                            {"user:read%00", "user:read?"},
                                                            {"a%7f", "a?"},
                                                            {"a%22,%20x=%22", "a?,?x=?"},
                                                            {"a%5c", "a?"}};
    for (const auto& [scope, echoed] : demanded) {
        CAPTURE(scope);
        const http_answer answer = wire.get(std::string{"/verify?scope="} + scope, token);
        CHECK(answer.status == 403);
        CHECK(answer.count("x-evil") == 0);
        CHECK(answer.header("www-authenticate") ==
              R"(Bearer realm="coder", error="insufficient_scope", scope=")" + std::string{echoed} + '"');
    }
    for (const char ctl : {'\x01', '\x08', '\x0b', '\x1b', '\x7f'}) {
        CAPTURE(static_cast<int>(ctl));
        const std::string value = std::string{"a"} + ctl + "b";
        for (const char* name : {"Coder-Session-Token", "Authorization", "Cookie", "X-Forwarded-For", "Host"})
            CHECK(with_header(wire, name, value).status == 400);
        json::object user;
        user["username"] = value;
        user["email"] = wire.fresh_name("ctl") + "@example.com";
        user["password"] = good_password;
        CHECK(wire.post("/api/v2/users", wire.owner.token, json::serialize(user)).status == 400);
    }
}

TEST_CASE("authorisation changes hold from the next request on, for tokens that are there already",
          "[wire][security]") // ASVS 8.3.2
{
    wire_fixture& wire = any_wire();
    const account admin = wire.new_user({"user-admin", "auditor"});
    const std::string token = wire.new_token(admin);
    const std::string roles = "/api/v2/users/" + admin.id + "/roles";
    for (const std::string& credential : {admin.token, token}) {
        CHECK(wire.get("/api/v2/audit", credential).status == 200);
        CHECK(wire.get("/api/v2/users/" + wire.member.id, credential).status == 200);
    }
    REQUIRE(wire.call("PUT", roles, wire.owner.token, R"({"roles":[]})").status == 200);
    for (const std::string& credential : {admin.token, token}) {
        check_forbidden(wire.get("/api/v2/audit", credential));
        check_not_found(wire.get("/api/v2/users/" + wire.member.id, credential));
    }
    REQUIRE(wire.call("PUT", roles, wire.owner.token, R"({"roles":["auditor"]})").status == 200);
    CHECK(wire.get("/api/v2/audit", token).status == 200);
}
