// ANY /verify, as gateways ask it: decided from the head alone.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

constexpr const char* identity[] = {"x-latchkey-user-id",
                                    "x-latchkey-username",
                                    "x-latchkey-key-id",
                                    "x-latchkey-scopes",
                                    "x-latchkey-expires-at"};

} // namespace

TEST_CASE("a good token is verified with the identity of its owner", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["user:read","api_key:read"]})");
    for (const char* method : {"GET", "POST", "PUT", "DELETE", "HEAD"})
        for (const char* path : {"/verify", "/verify/any/path?with=query"}) {
            CAPTURE(method, path);
            const http_answer answer = wire.call(method, path, token);
            CHECK(answer.status == 200);
            CHECK(answer.header("x-latchkey-user-id") == wire.member.id);
            CHECK(answer.header("x-latchkey-username") == wire.member.username);
            CHECK(answer.header("x-latchkey-key-id") == id_of(token));
            CHECK(answer.header("x-latchkey-scopes") == "user:read api_key:read");
            CHECK_FALSE(answer.header("x-latchkey-expires-at").empty());
            CHECK_FALSE(answer.header("cache-control").empty());
            CHECK_FALSE(answer.header("x-envoy-auth-headers-to-remove").empty());
            CHECK(answer.body.size() < 1024);
        }
}

// A connection that repeats itself is read and looked up in a shorter way, many at once (server/session.hpp).
TEST_CASE("of many verifications that come at once, each is answered for its own token", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    struct row {
        std::string token;
        std::string username; // empty: refused
    };
    std::vector<row> rows;
    for (int each = 0; each < 8; ++each) {
        rows.push_back({wire.new_token(wire.member), wire.member.username});
        rows.push_back({wire.new_token(wire.other_member), wire.other_member.username});
        rows.push_back({"abcdefghi" + std::to_string(each) + "-0123456789ABCDEFGHIJKL", {}});
        rows.push_back({std::string(33, '~'), {}}); // of the right length
    }
    const std::string gone = wire.new_token(wire.member);
    REQUIRE(wire.call("DELETE", keys_path("me") + "/" + id_of(gone), wire.member.token).status == 204);
    rows.push_back({gone, {}});
    for (const char* name :
         {"Authorization: Bearer ", "Coder-Session-Token: ", "Cookie: coder_session_token="}) {
        CAPTURE(name);
        for (int round = 0; round < 2; ++round) { // over a Redis, the second time from memory
            std::string all;
            for (const row& each : rows)
                all += std::string{"GET /verify HTTP/1.1\r\nHost: a\r\n"} + name + each.token + "\r\n\r\n";
            http_client client = wire.connect();
            client.send(all);
            for (const row& each : rows) {
                CAPTURE(each.token);
                const auto answer = client.read();
                REQUIRE(answer);
                CHECK(answer->status == (each.username.empty() ? 401u : 200u));
                CHECK(answer->header("x-latchkey-username") == each.username);
                CHECK(answer->header("x-latchkey-key-id") ==
                      (each.username.empty() ? "" : id_of(each.token)));
            }
        }
    }
}

TEST_CASE("verifications that come at once are looked up in Redis by one command", "[wire][verify]")
{
    wire_fixture& wire = wire_fixture::over(engine::redis);
    const wire_server asking{wire.server(), {"--cache-lease=0"}};
    std::string all;
    for (int each = 0; each < 16; ++each)
        all += "GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + wire.new_token(wire.member) +
               "\r\n\r\n";
    http_client client = asking.connect();
    const redis_server& redis = *wire.server().redis();
    const int before = redis.calls_of("mget");
    client.send(all);
    for (const http_answer& answer : client.read_many(16))
        CHECK(answer.status == 200);

    CHECK(redis.calls_of("mget") == before + 1);
}

// What was found out of one head must not outlive it.
TEST_CASE("a head that differs from the last one by more than its token is looked at anew", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["workspace:read"]})");
    const std::string other = wire.new_token(wire.other_member);
    const std::string bearer = "Authorization: Bearer " + token + "\r\n";
    struct row {
        std::string target;
        std::string headers;
        unsigned status;
    };
    const row rows[] = {
        {"/verify", bearer, 200},
        {"/verify", bearer, 200},
        {"/verify?scope=workspace:delete", bearer, 403},
        {"/verify?scope=workspace:delete", bearer, 403},
        {"/verify/../a", bearer, 400},
        {"/verify", bearer, 200},
        {"/verify", bearer + bearer, 401}, // RFC 6750 2: one only
        {"/verify", bearer, 200},
        {"/verify", bearer + "Coder-Session-Token: x\r\n", 401}, // goes before the bearer's
        {"/verify", bearer, 200},
        {"/verify", bearer + "Cookie: coder_session_token=x\r\n", 401},
        {"/verify", "", 401},
        {"/verify", "Authorization: Bearer " + other + "\r\n", 200},
        {"/api/v2/users/me", bearer, 404}, // its scopes do not let it see a user
        {"/verify", bearer, 200},
    };
    std::string all;
    for (const row& each : rows)
        all += "GET " + each.target + " HTTP/1.1\r\nHost: a\r\n" + each.headers + "\r\n";
    http_client client = wire.connect();
    client.send(all);
    for (const row& each : rows) {
        CAPTURE(each.target, each.headers);
        const auto answer = client.read();
        REQUIRE(answer);
        CHECK(answer->status == each.status);
    }
}

TEST_CASE("always every identity header, even empty, when a token is refused",
          "[wire][verify]") // security.md 20
{
    wire_fixture& wire = any_wire();
    const std::string gone = wire.new_token(wire.member);
    REQUIRE(wire.call("DELETE", keys_path("me") + "/" + id_of(gone), wire.member.token).status == 204);
    for (const std::string& token : {std::string{}, std::string{"nonsense"}, gone}) {
        CAPTURE(token);
        const http_answer answer = wire.get("/verify", token);
        CHECK(answer.status == 401);
        CHECK(answer.header("www-authenticate").starts_with("Bearer"));
        CHECK_FALSE(answer.header("cache-control").empty());
        for (const char* name : identity) {
            CHECK(answer.count(name) == 1);
            CHECK(answer.header(name).empty());
        }
    }
}

TEST_CASE("a verification may demand rights", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(
        wire.member, R"({"scopes":["workspace:read","workspace:start"],"allow_list":["workspace:*"]})");
    const std::pair<const char*, unsigned> rows[] = {
        {"?scope=workspace:read", 200},
        {"?scope=workspace:read&scope=workspace:start", 200},
        {"?scope=workspace:read&scope=workspace:delete", 403},
        {"?scope=coder:all", 403},
        {"?allow=workspace:11111111-2222-4333-8444-555555555555", 200},
        {"?allow=template:*", 403},
        {"?scope=workspace%3Aread", 200},
    };
    for (const auto& [query, status] : rows) {
        CAPTURE(query);
        CHECK(wire.get(std::string{"/verify"} + query, token).status == status);
    }
}

TEST_CASE("a body that was announced and never comes is not waited for", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    for (const char* framing : {"Content-Length: 100\r\n",
                                "Content-Length: 1000000000\r\n",
                                "Transfer-Encoding: chunked\r\n",
                                "Expect: 100-continue\r\nContent-Length: 100\r\n"}) {
        CAPTURE(framing);
        for (const auto& [credential, status] :
             {std::pair{"Authorization: Bearer " + token + "\r\n", 200u}, std::pair{std::string{}, 401u}}) {
            http_client client = wire.connect();
            client.send("POST /verify/upload HTTP/1.1\r\nHost: a\r\n" + credential + framing + "\r\n");
            const auto answer = client.read(); // throws when none comes
            REQUIRE(answer);
            CHECK(answer->status == status);
        }
    }
}

TEST_CASE("whatever the method, the head decides and the body stays under 1 KiB", "[wire][verify]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["workspace:read"]})");
    const std::pair<std::string, unsigned> rows[] = {
        {"/verify/any?x=1", 200}, {"/verify?scope=workspace:delete", 403}, {"/verify/a/../b", 400}};
    for (const char* method :
         {"OPTIONS", "PATCH", "TRACE", "PROPFIND", "PURGE", "M-SEARCH", "LOCK", "BREW"}) {
        for (const auto& [path, status] : rows) {
            CAPTURE(method, path);
            const http_answer answer = wire.call(method, path, token);
            CHECK(answer.status == status);
            CHECK(answer.body.size() < 1024);
        }
        CHECK(wire.call(method, "/verify").status == 401);
    }
    for (const auto& [path, status] : rows) {
        CAPTURE(path);
        const http_answer head = wire.call("HEAD", path, token);
        CHECK(head.status == status);
        CHECK(head.body.empty());
    }
}
