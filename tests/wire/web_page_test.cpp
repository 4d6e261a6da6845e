// The web page, and the routes that only it asks for: server/handlers/web_page.cpp, audit_chain.cpp.
#include "server/web_assets.hpp"
#include "tests/support/file_text.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <fstream>

using namespace latchkey::test;

namespace {

std::string cookie_of(const std::string& token)
{
    return "coder_session_token=" + token;
}

} // namespace

TEST_CASE(
    "the page and each of its parts is served with its type, a tag and a policy that lets nothing else in",
    "[wire][web]")
{
    wire_fixture& wire = any_wire();
    REQUIRE(latchkey::all_web_assets().size() > 10);
    for (const latchkey::web_asset& asset : latchkey::all_web_assets()) {
        const std::string path =
            asset.name == "index.html" ? "/" : std::string{"/assets/"}.append(asset.name);
        INFO(path);
        const http_answer answer = wire.get(path);
        CHECK(answer.status == 200);
        CHECK(answer.body == asset.body);
        CHECK(answer.header("content-type") == asset.content_type);
        CHECK(answer.header("etag") == asset.etag);
        CHECK(answer.header("cache-control") == "no-cache");
        CHECK(answer.header("x-content-type-options") == "nosniff");
        CHECK(answer.header("referrer-policy") == "no-referrer");
        CHECK(answer.header("cross-origin-opener-policy") == "same-origin");
        CHECK(answer.header("set-cookie").empty());
        const std::string policy = answer.header("content-security-policy");
        CHECK(contains(policy, "default-src 'none'"));
        CHECK(contains(policy, "script-src 'self';"));
        CHECK(contains(policy, "frame-ancestors 'none'"));
        CHECK_FALSE(contains(policy, "unsafe"));
        CHECK_FALSE(contains(policy, "http"));
    }
}

TEST_CASE("a part of the page that has not changed is not sent again", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const std::string tag = wire.get("/").header("etag");
    REQUIRE(tag.size() == 34);
    const std::vector<std::string> known{tag, "W/" + tag, "\"other\", " + tag, "*"};
    for (const std::string& sent : known) {
        INFO(sent);
        const http_answer same = wire.call("GET", "/", {}, {}, {{"If-None-Match", sent}});
        CHECK(same.status == 304);
        CHECK(same.body.empty());
        CHECK(same.header("etag") == tag);
    }
    CHECK(wire.call("GET", "/", {}, {}, {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("HEAD tells of the page without sending it, and no other method is taken", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const http_answer page = wire.get("/");
    const http_answer head = wire.call("HEAD", "/");
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == std::to_string(page.body.size()));
    CHECK(head.header("etag") == page.header("etag"));
    CHECK(wire.call("POST", "/", {}, "x=1").status == 405);
}

TEST_CASE("what is no part of the page is no route", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    for (const char* path :
         {"/assets", "/assets/none.js", "/assets/views/none.js", "/index.html", "/assets/a/b/c"}) {
        INFO(path);
        const http_answer answer = wire.get(path);
        CHECK(answer.status == 404);
        CHECK(text(parsed(answer), "message") == "Route not found.");
    }
}

TEST_CASE("the session route tells a browser its proof, and anybody else nothing", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const std::string path = "/api/v2/latchkey/session";
    const auto nobody = parsed(wire.get(path));
    CHECK(
        field_names(nobody) ==
        std::vector<std::string>{"needs_first_user", "signed_in", "password_login", "csrf_token", "version"});
    CHECK_FALSE(nobody.at("needs_first_user").as_bool());
    CHECK_FALSE(nobody.at("signed_in").as_bool());
    CHECK(text(nobody, "csrf_token").empty());

    const account caller = wire.new_user();
    const auto by_header = parsed(wire.get(path, caller.token));
    CHECK(by_header.at("signed_in").as_bool());
    CHECK(text(by_header, "csrf_token").empty());

    const http_answer answer = wire.call("GET", path, {}, {}, {{"Cookie", cookie_of(caller.token)}});
    CHECK(answer.header("cache-control") == "no-store");
    CHECK_FALSE(contains(answer.body, caller.token));
    const std::string proof = text(parsed(answer), "csrf_token");
    const std::string create = tokens_path("me");
    CHECK(wire.call("POST", create, {}, "{}", {{"Cookie", cookie_of(caller.token)}}).status == 400);
    CHECK(wire.call("POST", create, {}, "{}", {{"Cookie", cookie_of(caller.token)}, {"X-CSRF-TOKEN", proof}})
              .status == 201);
}

TEST_CASE("a session that has ended can still be replaced by a login", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const account caller = wire.new_user();
    REQUIRE(wire.post("/api/v2/users/logout", caller.token, {}).status == 200);

    const auto found =
        parsed(wire.call("GET", "/api/v2/latchkey/session", {}, {}, {{"Cookie", cookie_of(caller.token)}}));
    CHECK_FALSE(found.at("signed_in").as_bool());
    const http_answer again =
        wire.call("POST",
                  "/api/v2/users/login",
                  {},
                  R"({"email":")" + caller.email + R"(","password":")" + good_password + "\"}",
                  {{"Cookie", cookie_of(caller.token)}, {"X-CSRF-TOKEN", text(found, "csrf_token")}});
    CHECK(again.status == 201);
}

TEST_CASE("whoever may read the audit log sees the activity, and verifications count in it", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const std::string path = "/api/v2/latchkey/activity";
    const auto accepted = [&](const account& who) {
        const http_answer answer = wire.get(path, who.token);
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        return parsed(answer).at("verifications").at("accepted").as_int64();
    };
    const std::int64_t before = accepted(wire.owner);
    REQUIRE(wire.get("/verify", wire.member.token).status == 200);
    REQUIRE(wire.get("/verify", wire.member.token).status == 200);
    CHECK(accepted(wire.auditor) >= before + 2);
    CHECK(parsed(wire.get(path, wire.owner.token)).at("cache").is_null() == (wire.store != engine::redis));

    for (const account* who : {&wire.member, &wire.user_admin, &wire.template_admin}) {
        check_forbidden(wire.get(path, who->token));
    }
    CHECK(wire.get(path).status == 401);
}

TEST_CASE("whoever may read the audit log can have its chain checked, also while it grows", "[wire][web]")
{
    wire_fixture& wire = any_wire();
    const std::string path = "/api/v2/audit/verify";
    for (const account* who : {&wire.owner, &wire.auditor}) {
        wire.new_token(wire.member);
        const http_answer answer = wire.post(path, who->token, {});
        INFO(answer.body);
        REQUIRE(answer.status == 200);
        const auto verdict = parsed(answer);
        CHECK(verdict.at("whole").as_bool());
        CHECK(verdict.at("fault").is_null());
        CHECK(verdict.at("end_checked").as_bool());
        CHECK(verdict.at("entries").as_int64() > 0);
        CHECK(verdict.at("last_seq").as_int64() >= verdict.at("entries").as_int64());
        CHECK(text(verdict, "last_digest").size() == 64);
    }
    for (const account* who : {&wire.member, &wire.user_admin, &wire.template_admin}) {
        check_forbidden(wire.post(path, who->token, {}));
    }
    CHECK(wire.post(path, {}, {}).status == 401);
    CHECK(wire.get(path, wire.owner.token).status == 405);
}

TEST_CASE("a changed line of the audit log is named by the check", "[wire][web]")
{
    const temporary_directory directory;
    const server_process server{directory};
    http_client client = server.connect();
    const std::string login = std::string{R"({"email":")"}
                                  .append(server_process::email)
                                  .append(R"(","password":")")
                                  .append(server_process::password)
                                  .append("\"}");
    const http_answer signed_in = client.request("POST", "/api/v2/users/login", {}, login);
    REQUIRE(signed_in.status == 201);
    const header_list by{{"Coder-Session-Token", text(parsed(signed_in), "session_token")}};
    const auto verify = [&] { return parsed(client.request("POST", "/api/v2/audit/verify", by)); };
    CHECK(verify().at("whole").as_bool());
    // So that the line that is changed is not the last one, which the head record covers only once synced.
    REQUIRE(client.request("POST", tokens_path("me"), by, "{}").status == 201);

    const std::string log = server_process::audit_file(directory);
    const std::string bytes = contents_of(log);
    const std::size_t at = bytes.find(server_process::email);
    REQUIRE(at != std::string::npos);
    std::fstream out{log, std::ios::binary | std::ios::in | std::ios::out};
    out.seekp(static_cast<std::streamoff>(at));
    out.put('X');
    out.close();

    const auto verdict = verify();
    CHECK_FALSE(verdict.at("whole").as_bool());
    CHECK(text(verdict.at("fault"), "kind") == "changed");
    CHECK(text(verdict.at("fault"), "file") == "audit.log"); // without its folder
    CHECK(verdict.at("fault").at("line").as_int64() > 0);
}
