// Contract 1.1, 3.9, 4.1, with A16 and A19: what every answer has, and what is no route.
#include "storage/records.hpp"
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

TEST_CASE("every answer has a request id of its own, nosniff and a server name", "[wire][routes]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    std::vector<std::string> ids;
    for (const http_answer& answer :
         {wire.get("/api/v2/users/me", wire.member.token),
          wire.get("/api/v2/users/me"),
          wire.get("/no/such/route"),
          wire.get("/healthz"),
          wire.call("PATCH", "/api/v2/users/me", wire.member.token),
          wire.call("DELETE", keys_path("me") + "/" + id_of(token), wire.member.token)}) {
        CAPTURE(answer.status);
        CHECK(answer.count("x-coder-request-id") == 1);
        const std::string id = answer.header("x-coder-request-id");
        CHECK(latchkey::parse_uuid(id).has_value());
        CHECK(id.size() == 36);
        CHECK(id[14] == '4'); // version 4
        CHECK(answer.header("x-content-type-options") == "nosniff");
        CHECK(answer.header("server").starts_with("Latchkey"));
        CHECK(answer.count("x-coder-build-version") == 0);
        CHECK(std::count(ids.begin(), ids.end(), id) == 0);
        ids.push_back(id);
    }
}

TEST_CASE("X-Coder-Build-Version is sent when the operator sets it", "[wire][routes]") // A16
{
    wire_fixture wire{engine::memory, {"--coder-version=v2.34.0+abcdef0"}};

    CHECK(wire.get("/api/v2/users/me", wire.member.token).header("x-coder-build-version") ==
          "v2.34.0+abcdef0");
    CHECK(wire.get("/api/v2/users/me").header("x-coder-build-version") == "v2.34.0+abcdef0");
}

TEST_CASE("an unknown route is 404 with its own message", "[wire][routes]")
{
    wire_fixture& wire = any_wire();
    for (const char* path :
         {"/api/v2/nothing", "/api/v2/users/me/keys/tokens/a/b", "/api/v2/users/me/nothing"}) {
        CAPTURE(path);
        check_error(wire.get(path), 404, "Route not found.");
        check_error(wire.get(path, wire.member.token), 404, "Route not found.");
    }
}

TEST_CASE("a known route with the wrong method is 405 with an empty body", "[wire][routes]")
{
    wire_fixture& wire = any_wire();
    const std::pair<const char*, std::string> rows[] = {
        {"PATCH", tokens_path("me")},
        {"PUT", tokens_path("me") + "/name"}, // no updating of tokens, #19983
        {"PATCH", tokens_path("me") + "/name"},
        {"DELETE", tokens_path("me")},
        {"POST", "/api/v2/users/me"},
        {"DELETE", "/healthz"},
    };
    for (const auto& [method, path] : rows) {
        CAPTURE(method, path);
        const http_answer answer = wire.call(method, path, wire.member.token);
        CHECK(answer.status == 405);
        CHECK(answer.body.empty());
    }
}

TEST_CASE("runs of slashes collapse before routing", "[wire][routes]")
{
    wire_fixture& wire = any_wire();
    CHECK(wire.get("//api///v2/users//me", wire.member.token).status == 200);
}

TEST_CASE("a path with dot segments is refused, also percent-encoded", "[wire][routes]") // A19
{
    wire_fixture& wire = any_wire();
    for (const char* path : {"/api/v2/users/./me",
                             "/api/v2/users/x/../me",
                             "/api/v2/users/%2e%2e/users/me",
                             "/api/v2/users/%2E/me",
                             "/api/v2/users/me/..",
                             "/api/v2/users/x%2f..%2fme"}) {
        CAPTURE(path);
        CHECK(wire.get(path, wire.member.token).status == 400);
    }
}

TEST_CASE("HEAD is answered like GET without the body", "[wire][routes]")
{
    wire_fixture& wire = any_wire();
    const std::string body = wire.get("/api/v2/users/authmethods").body;

    const http_answer answer = wire.call("HEAD", "/api/v2/users/authmethods");

    CHECK(answer.status == 200);
    CHECK(answer.header("content-length") == std::to_string(body.size()));
    CHECK(answer.body.empty());
}

TEST_CASE("bodies are compact JSON with one newline, and say so", "[wire][routes]") // 4.1
{
    wire_fixture& wire = any_wire();
    const account caller = wire.new_user();
    wire.new_token(caller);
    for (const char* path : {"/api/v2/users/me", "/api/v2/users/me/keys/tokens", "/api/v2/buildinfo"}) {
        const http_answer answer = wire.get(path, caller.token);
        CHECK(answer.header("content-type") == "application/json; charset=utf-8");
        CHECK(answer.body == json::serialize(parsed(answer)) + "\n");
    }
    const http_answer empty = wire.call("PUT", keys_path("me") + "/0000000000/expire", wire.member.token);
    CHECK(empty.body.ends_with("}\n"));
}
