// Lessons paid for by other token services: each test is named by the rule of security.md that it keeps.
#include "tests/support/file_text.hpp"
#include "tests/wire/route_paths.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <filesystem>
#include <fstream>
#include <set>

using namespace latchkey::test;

namespace {

// The request with the token in each of the five places (contract 3.1).
std::vector<http_answer> in_every_place(wire_fixture& wire, const std::string& path, const std::string& token)
{
    const std::string with = path + (path.find('?') == std::string::npos ? "?" : "&");
    return {wire.call("GET", path, {}, {}, {{"Cookie", "coder_session_token=" + token}}),
            wire.get(with + "coder_session_token=" + token),
            wire.call("GET", path, {}, {}, {{"Coder-Session-Token", token}}),
            wire.call("GET", path, {}, {}, {{"Authorization", "Bearer " + token}}),
            wire.get(with + "access_token=" + token)};
}

} // namespace

TEST_CASE("identity comes only from the authenticated caller, never from the body", "[wire][security]") // 1
{
    wire_fixture& wire = any_wire();
    const account caller = wire.new_user();
    const std::string body = R"({"user_id":")" + wire.owner.id + R"(","owner_id":")" + wire.owner.id +
                             R"(","user":")" + wire.owner.username + R"(","login_type":"password"})";

    CHECK(wire.post(tokens_path("me"), {}, body).status == 401);
    CHECK(wire.post(keys_path(wire.owner.id), {}, body).status == 401);
    check_not_found(wire.post(tokens_path(wire.owner.id), caller.token, body));
    const std::string token = wire.new_token_by(caller.token, body);
    const json::value key = parsed(wire.get(keys_path("me") + "/" + id_of(token), caller.token));
    CHECK(text(key, "user_id") == caller.id);
    CHECK(text(key, "login_type") == "token");
}

TEST_CASE("one code path for every way a token can arrive: its scopes hold in each", "[wire][security]") // 6
{
    wire_fixture& wire = any_wire();
    const std::string keys_only = wire.new_token(wire.owner, R"({"scopes":["api_key:*"]})");
    const std::string reader = wire.new_token(wire.owner, R"({"scopes":["user:read"]})");

    for (const http_answer& answer : in_every_place(wire, "/api/v2/users/me", keys_only))
        CHECK(answer.status == 404);
    for (const http_answer& answer : in_every_place(wire, "/api/v2/users/me", reader))
        CHECK(answer.status == 200);
    for (const http_answer& answer : in_every_place(wire, "/api/v2/audit", reader))
        CHECK(answer.status == 403);
    for (const http_answer& answer : in_every_place(wire, "/verify?scope=workspace:read", reader))
        CHECK(answer.status == 403);
    for (const http_answer& answer : in_every_place(wire, "/verify?scope=user:read", reader))
        CHECK(answer.status == 200);
}

TEST_CASE("deny by default, no unauthenticated state change: without a credential only the routes named here "
          "answer",
          "[wire][security]") // 7, 34
{
    wire_fixture& wire = any_wire();
    const std::set<std::string> open{"GET /", // the page itself
                                     "GET /assets/{asset}",
                                     "GET /assets/views/{asset}",
                                     "GET /api/v2/latchkey/session",
                                     "GET /healthz",
                                     "GET /readyz",
                                     "GET /metrics",
                                     "GET /latency-check",
                                     "GET /api/v2",
                                     "GET /api/v2/openapi.json",
                                     "GET /api/v2/buildinfo",
                                     "GET /api/v2/auth/scopes",
                                     "GET /api/v2/users/first",
                                     "GET /api/v2/users/authmethods",
                                     "POST /api/v2/users/first", // once
                                     "POST /api/v2/users/login",
                                     "POST /api/v2/users/validate-password",
                                     "POST /api/v2/verify", // possession of the tokens in the body
                                     "POST /oauth2/revoke"};
    const std::string revoked = wire.new_token(wire.owner);
    REQUIRE(wire.call("DELETE", keys_path("me") + "/" + id_of(revoked), wire.owner.token).status == 204);

    std::size_t refused = 0;
    for (const latchkey::route& row : latchkey::all_routes()) {
        const std::string name = method_of(row) + " " + std::string{row.pattern};
        CAPTURE(name);
        if (open.contains(name)) continue;
        ++refused;
        const std::string path = path_of(row, wire.member.id);
        CHECK(wire.call(method_of(row), path, {}, "{}").status == 401);
        CHECK(wire.call(method_of(row), path, revoked, "{}").status == 401);
        CHECK(wire.call(method_of(row), path, "AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA", "{}").status == 401);
    }
    CHECK(refused + open.size() == latchkey::all_routes().size());
    CHECK(wire.get("/api/v2/users/me", wire.member.token).status == 200); // nothing happened to him
}

TEST_CASE("deny wins for every verb: a key without a scope gets nothing from any route",
          "[wire][security]") // 19
{
    wire_fixture& wire = any_wire();
    // What needs no right: giving the key up, and asking what one may do.
    const std::set<std::string> without_right{
        "POST /api/v2/users/logout", "POST /api/v2/authcheck", "GET /api/v2/entitlements"};
    const std::string token = wire.new_token(wire.owner, R"({"scopes":["coder:application_connect"]})");
    const account other = wire.new_user();
    // Sound for every route that reads one, so that nothing but the right is missing.
    const std::string body = R"({"email":"nobody@example.com","username":"nobody","password":")" +
                             good_password + R"(","login_type":"password","roles":[]})";

    for (const latchkey::route& row : latchkey::all_routes()) {
        const std::string name = method_of(row) + " " + std::string{row.pattern};
        if (row.who == latchkey::access::open || without_right.contains(name)) continue;
        for (const std::string& user : {std::string{"me"}, other.id}) {
            CAPTURE(name, user);
            const bool takes_form = row.pattern.starts_with("/oauth2/");
            const http_answer answer =
                wire.call(method_of(row), path_of(row, user), token, takes_form ? "token=" + token : body);
            const bool is_empty_list =
                answer.status == 200 && name == "GET /api/v2/users" && contains(answer.body, R"("users":[])");
            CHECK((answer.status == 403 || answer.status == 404 || is_empty_list));
        }
    }
    CHECK(wire.get("/api/v2/users/me", other.token).status == 200);
}

TEST_CASE("reserved names are refused in every case form", "[wire][security]") // 13
{
    wire_fixture& wire = any_wire();
    for (const char* name : {"system", "System", "SYSTEM", "sYsTeM"}) {
        CAPTURE(name);
        const std::string body = std::string{R"({"email":")"} + wire.fresh_name("reserved") +
                                 R"(@example.com","username":")" + name + R"(","password":")" +
                                 good_password + R"(","login_type":"password"})";
        CHECK(wire.post("/api/v2/users", wire.owner.token, body).status == 409);
    }
    for (const char* name : {"me", "ME", "First", "LOGIN", "logout", "Validate-Password"}) {
        CAPTURE(name);
        const std::string body = std::string{R"({"email":")"} + wire.fresh_name("reserved") +
                                 R"(@example.com","username":")" + name + R"(","password":")" +
                                 good_password + R"(","login_type":"password"})";
        CHECK(wire.post("/api/v2/users", wire.owner.token, body).status == 400);
    }
    const account user = wire.new_user();
    for (const char* role : {"Owner", "OWNER", "owner ", " owner", "site-owner"}) {
        CAPTURE(role);
        const std::string body = std::string{R"({"roles":[")"} + role + "\"]}";
        CHECK(wire.call("PUT", "/api/v2/users/" + user.id + "/roles", wire.owner.token, body).status == 400);
    }
    for (const char* scope : {"CODER:ALL", "Coder:all", "ALL", "all ", "api_key:READ", "*:*", "*"}) {
        CAPTURE(scope);
        const std::string body = std::string{R"({"scopes":[")"} + scope + "\"]}";
        CHECK(wire.post(tokens_path("me"), user.token, body).status == 400);
    }
}

TEST_CASE("path with dot segments: refused, not normalised, at the verification route too",
          "[wire][security]") // 18
{
    wire_fixture& wire = any_wire();
    const std::string& token = wire.member.token;
    for (const char* path : {"/verify/../api/v2/users/me",
                             "/verify/%2e%2e/api/v2/users/me",
                             "/verify/%2E./x",
                             "/verify/..",
                             "/verify/.",
                             "/verify/a%2f..%2fb",
                             "/verify/..%2fapi",
                             "/api/v2/../../verify",
                             "/api/v2/users/%2e%2e/first"}) {
        CAPTURE(path);
        CHECK(wire.get(path, token).status == 400);
    }
    const std::pair<const char*, unsigned> rows[] = {
        {"//verify", 200},              // runs of slashes collapse
        {"/verify//api/v2/users", 200}, // a suffix is a suffix
        {"/verifyx", 404},
        {"/Verify", 404},
        {"/%76erify", 404}, // an escape is not a way around a rule written for /verify
        {"/api/v2/users%2fme", 404},
        {"/api/v2/users/me%2fkeys", 404}, // one segment: a user of that name, who does not exist
    };
    for (const auto& [path, status] : rows) {
        CAPTURE(path);
        CHECK(wire.get(path, token).status == status);
    }
}

TEST_CASE("error bodies are templates: what a client sends as a secret is not in the answer",
          "[wire][security]") // 14, 16
{
    wire_fixture& wire = any_wire();
    const std::string canary = "CanaryXq7ZpLm93RtVwKd2";
    REQUIRE(canary.size() == 22);
    const std::string forged = "AAAAAAAAAA-" + canary;
    const std::string login = R"({"email":")" + wire.member.email + R"(","password":")" + canary + "\"}";
    const std::string broken = R"({"password":")" + canary;
    const std::string self = "/api/v2/users/me/password";
    const http_answer answers[] = {
        wire.get("/api/v2/users/me", forged),
        wire.get("/api/v2/users/me", canary),
        wire.get("/api/v2/users/me", canary + "-" + canary + "-" + canary),
        wire.get("/api/v2/users/me?coder_session_token=" + forged),
        wire.call("GET", "/api/v2/users/me", {}, {}, {{"Cookie", "coder_session_token=" + forged}}),
        wire.get("/verify?access_token=" + forged),
        wire.post("/api/v2/users/login", {}, login),
        wire.post("/api/v2/users/login", {}, broken),
        wire.post("/api/v2/users/login", {}, R"({"email":7,"password":")" + canary + "\"}"),
        wire.post("/api/v2/users/validate-password", {}, R"({"password":")" + canary + "\"}"),
        wire.call("PUT", self, wire.member.token, R"({"old_password":")" + canary + R"(","password":"x"})"),
        wire.call("GET", "/api/v2/users/me", {}, {}, {{"Authorization", "Basic " + canary}}),
    };
    for (const http_answer& answer : answers) {
        CAPTURE(answer.status, answer.body);
        CHECK_FALSE(contains(answer.body, canary));
        for (const auto& [name, value] : answer.headers)
            CHECK_FALSE(contains(value, canary));
    }
}

TEST_CASE("a secret reference that fails to resolve refuses to load", "[wire][security]") // 28
{
    const temporary_directory directory;
    const std::string pepper = directory.file("pepper");
    const std::string output = directory.file("output.txt");
    const auto start = [&] {
        return run_program({"serve",
                            "--listen=unix:" + directory.file("socket"),
                            "--store=memory:",
                            "--audit-log=" + directory.file("audit.log"),
                            "--pepper-file=" + pepper},
                           output);
    };
    const std::string canary = "canary-pepper-too-short";
    SECTION("a file that is not there") {}
    SECTION("an empty file")
    {
        std::ofstream{pepper};
    }
    SECTION("a short pepper")
    {
        std::ofstream{pepper} << canary << '\n';
    }
    SECTION("a directory")
    {
        std::filesystem::create_directory(pepper);
    }

    CHECK(start() == 1);
    const std::string words = contents_of(output);
    CHECK(contains(words, "pepper file"));
    CHECK_FALSE(contains(words, canary));
}
