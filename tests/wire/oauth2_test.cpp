// Introspection (RFC 7662) and revocation (RFC 7009).
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

const std::string introspection = "/oauth2/introspect";
const std::string revocation = "/oauth2/revoke";
const std::string inactive = "{\"active\":false}\n";
const std::string invalid_request = "{\"error\":\"invalid_request\"}\n";
const std::string unknown = "AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA";

void check_active(wire_fixture& wire, const std::string& caller, const std::string& token, bool is_active)
{
    const http_answer answer = wire.post(introspection, caller, "token=" + token);
    CHECK(answer.status == 200);
    CHECK(answer.header("cache-control") == "no-store");
    CHECK(answer.body.starts_with(is_active ? R"({"active":true,)" : inactive));
}

} // namespace

TEST_CASE("introspection tells whose a live token is and what it may do", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["user:read","api_key:read"]})");
    for (const char* hint : {"", "&token_type_hint=access_token", "&token_type_hint=refresh_token"}) {
        const http_answer answer = wire.post(introspection, wire.member.token, "token=" + token + hint);
        REQUIRE(answer.status == 200);
        CHECK(answer.header("cache-control") == "no-store");
        CHECK(answer.header("content-type").starts_with("application/json"));
        const json::value told = parsed(answer);
        CHECK(told.at("active").as_bool());
        CHECK(text(told, "scope") == "user:read api_key:read");
        CHECK(text(told, "username") == wire.member.username);
        CHECK(text(told, "token_type") == "Bearer");
        CHECK(text(told, "sub") == wire.member.id);
        CHECK(text(told, "jti") == id_of(token));
        CHECK(text(told, "iss").starts_with("http"));
        const json::value key = parsed(wire.get(keys_path("me") + "/" + id_of(token), wire.member.token));
        CHECK(told.at("exp").as_int64() == instant(key, "expires_at") / 1'000'000);
        CHECK(told.at("iat").as_int64() == instant(key, "created_at") / 1'000'000);
    }
}

TEST_CASE("introspection of what is no live token says inactive and nothing more", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string expired = wire.new_token(wire.member);
    const std::string deleted = wire.new_token(wire.member);
    const std::string path = keys_path("me") + "/";
    REQUIRE(wire.call("PUT", path + id_of(expired) + "/expire", wire.member.token).status == 204);
    REQUIRE(wire.call("DELETE", path + id_of(deleted), wire.member.token).status == 204);
    for (const std::string& token :
         {expired, deleted, unknown, std::string{"nonsense"}, id_of(wire.member.token) + unknown.substr(10)})
        for (const account& caller : {wire.member, wire.owner}) {
            CAPTURE(caller.username);
            const http_answer answer = wire.post(introspection, caller.token, "token=" + token);
            CHECK(answer.status == 200);
            CHECK(answer.body == inactive);
        }
}

TEST_CASE("owners and auditors introspect everybody's tokens, members their own", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    check_active(wire, wire.owner.token, token, true);
    check_active(wire, wire.auditor.token, token, true);
    check_active(wire, wire.member.token, token, true);
    check_active(wire, wire.other_member.token, token, false);
    check_active(wire, wire.user_admin.token, token, false);
}

TEST_CASE("the calling token's own scopes and allow list narrow introspection", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    for (const account& caller : {wire.owner, wire.auditor, wire.member}) {
        CAPTURE(caller.username);
        const std::string reader = wire.new_token(caller, R"({"scopes":["api_key:read"]})");
        check_active(wire, reader, token, true);
        for (const char* restricted : {R"({"scopes":["user:read"]})", R"({"allow_list":["workspace:*"]})"}) {
            const std::string narrow = wire.new_token(caller, restricted);
            check_forbidden(wire.post(introspection, narrow, "token=" + token));
        }
    }
}

TEST_CASE("the caller of introspection is authenticated: whoever introspects proves himself, by POST",
          "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string body = "token=" + wire.member.token;
    for (const std::string& caller : {std::string{}, unknown}) {
        const http_answer answer = wire.post(introspection, caller, body);
        CHECK(answer.status == 401);
        CHECK(answer.header("www-authenticate").starts_with("Bearer"));
        CHECK(answer.header("cache-control") == "no-store");
    }
    for (const std::string& path : {introspection, revocation}) {
        const http_answer answer = wire.get(path + "?token=" + wire.member.token, wire.member.token);
        CHECK(answer.status == 405);
        CHECK(answer.header("allow") == "POST");
    }
}

TEST_CASE("a form without one token is an invalid request", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    for (const std::string& path : {introspection, revocation})
        for (const char* body : {"", "token=", "token=a&token=a", "token_type_hint=x", R"({"token":"a"})"}) {
            CAPTURE(path, body);
            const http_answer answer = wire.post(path, wire.member.token, body);
            CHECK(answer.status == 400);
            CHECK(answer.body == invalid_request);
        }
    CHECK(wire.get("/api/v2/users/me", wire.member.token).status == 200); // the caller's own is not revoked
}

TEST_CASE("revocation needs proof of possession: whoever holds a token may revoke it, and then it is dead "
          "everywhere",
          "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["workspace:read"]})");

    const http_answer revoked = wire.post(revocation, {}, "token_type_hint=refresh_token&token=" + token);

    CHECK(revoked.status == 200);
    CHECK(revoked.body.empty());
    for (int connection = 0; connection < 8; ++connection) { // which the shards share among themselves
        http_client client = wire.connect();
        CHECK(client.request("GET", "/verify", {{"Coder-Session-Token", token}}).status == 401);
    }
    check_active(wire, wire.owner.token, token, false);

    // The record is kept, as with PUT .../expire, and the trail names the owner.
    CHECK(wire.get(keys_path("me") + "/" + id_of(token), wire.member.token).status == 200);
    const json::value entry = entry_of(wire, revoked);
    CHECK(text(entry, "action") == "write");
    CHECK(text(entry.at("user"), "id") == wire.member.id);
    CHECK(text(entry, "resource_id") == wire.member.id);
    CHECK(text(entry.at("additional_fields"), "key_id") == id_of(token));
    CHECK_FALSE(contains(json::serialize(entry), token.substr(11)));
}

TEST_CASE("revocation answers the same whatever the token was", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    const std::string wrong = id_of(token) + "-AAAAAAAAAAAAAAAAAAAAAA";
    const std::string nonsense = "nonsense";
    for (const std::string& each : {wrong, unknown, nonsense, token, token}) {
        const http_answer answer = wire.post(revocation, {}, "token=" + each);
        CHECK(answer.status == 200);
        CHECK(answer.body.empty());
        CHECK(answer.header("cache-control") == "no-store");
        CHECK(answer.count("x-latchkey-revision") == 1);
        CHECK(wire.get("/verify", token).status == (each == token ? 401 : 200)); // the id alone ends nothing
    }
}

TEST_CASE("a suspended user's token can be revoked, and stays dead when he is active again", "[wire][oauth2]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder);
    const std::string status_path = "/api/v2/users/" + holder.username + "/status/";
    REQUIRE(wire.call("PUT", status_path + "suspend", wire.owner.token).status == 200);

    CHECK(wire.post(revocation, {}, "token=" + token).status == 200);

    REQUIRE(wire.call("PUT", status_path + "activate", wire.owner.token).status == 200);
    CHECK(wire.get("/verify", holder.token).status == 200);
    CHECK(wire.get("/verify", token).status == 401);
}
