// Contract 1.4, 1.5, 1.7 to 1.9.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

const std::vector<std::string> key_fields = {"id",
                                             "user_id",
                                             "last_used",
                                             "expires_at",
                                             "created_at",
                                             "updated_at",
                                             "login_type",
                                             "scope",
                                             "scopes",
                                             "token_name",
                                             "lifetime_seconds",
                                             "allow_list"};

std::string key_path(const std::string& token)
{
    return keys_path("me") + "/" + id_of(token);
}

} // namespace

TEST_CASE("a session key is made without looking at the body", "[wire][keys]") // 1.4
{
    wire_fixture& wire = any_wire();
    for (const std::string_view body : {"", "{}", "no json at all", R"({"lifetime":"x"})"}) {
        CAPTURE(body);
        const http_answer created = wire.post(keys_path("me"), wire.member.token, body);
        REQUIRE(created.status == 201);
        CHECK(field_names(parsed(created)) == std::vector<std::string>{"key"});
        CHECK(created.count("set-cookie") == 0);

        const std::string token = text(parsed(created), "key");
        const auto key = parsed(wire.get(key_path(token), wire.member.token));
        CHECK(text(key, "login_type") == "password");
        CHECK(text(key, "token_name").empty());
        CHECK(texts(key, "scopes") == std::vector<std::string>{"coder:all"});
        CHECK(key.at("lifetime_seconds").as_int64() == 7 * 24 * 3600);
        CHECK(wire.get("/api/v2/users/me", token).status == 200);
    }
}

TEST_CASE("session keys do not appear in the list of tokens", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    REQUIRE(wire.post(keys_path("me"), holder.token, "").status == 201);

    CHECK(wire.get(tokens_path("me"), holder.token).body == "[]\n");
}

TEST_CASE("a key is read by its id with its fields in the order of the contract", "[wire][keys]") // 1.5
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("<key> &");
    const std::string token = wire.new_token(wire.member, named(name));

    const http_answer answer = wire.get(key_path(token), wire.member.token);

    CHECK(answer.status == 200);
    const auto key = parsed(answer);
    CHECK(field_names(key) == key_fields);
    CHECK(text(key, "id") == id_of(token));
    CHECK(text(key, "user_id") == wire.member.id);
    CHECK(text(key, "last_used") == "1970-01-01T00:00:00Z");
    CHECK(text(key, "login_type") == "token");
    CHECK(text(key, "token_name") == name);
    CHECK(texts(key, "allow_list") == std::vector<std::string>{"*:*"});
    CHECK_FALSE(contains(answer.body, token.substr(11)));
    CHECK(contains(answer.body, "\\u003ckey\\u003e \\u0026")); // 4.1
    CHECK(answer.body.ends_with("}\n"));
    CHECK(wire.get(tokens_path("me") + "/" + "%3Ckey%3E%20%26" + name.substr(7), wire.member.token).body ==
          answer.body);
}

TEST_CASE("times are sent in UTC, to the microsecond at most, without trailing zeros", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const auto key = parsed(wire.get(key_path(wire.new_token(wire.member)), wire.member.token));
    for (const std::string_view field : {"expires_at", "created_at", "updated_at"}) {
        const std::string when = text(key, field);
        INFO(when);
        CHECK(when.ends_with("Z"));
        const std::size_t dot = when.find('.');
        if (dot == std::string::npos) continue;
        CHECK(when.size() - dot - 2 <= 6);
        CHECK(when[when.size() - 2] != '0');
    }
}

TEST_CASE("verification never writes the record: using a token updates last_used, which lives apart, and "
          "nothing else",
          "[wire][keys]") // 3.6, A17
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    const auto before = parsed(wire.get(key_path(token), wire.member.token));

    REQUIRE(wire.get("/api/v2/users/me", token).status == 200);
    const auto after = parsed(wire.get(key_path(token), wire.member.token));

    CHECK(instant(after, "last_used") >= instant(after, "created_at"));
    for (const std::string_view field : {"expires_at", "created_at", "updated_at"})
        CHECK(text(after, field) == text(before, field));
}

TEST_CASE("a key is found by its id whoever {user} is", "[wire][keys]") // 1.5
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);

    const http_answer found =
        wire.get(keys_path(wire.auditor.username) + "/" + id_of(token), wire.owner.token);

    CHECK(found.status == 200);
    CHECK(text(parsed(found), "user_id") == wire.member.id);
}

TEST_CASE("a key that does not exist is the generic 404", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const std::string& caller = wire.member.token;
    for (const std::string_view id : {"0000000000", "short", "muchlongerthanten", "abc%20def-g"}) {
        CAPTURE(id);
        const std::string path = keys_path("me") + "/" + std::string{id};
        check_not_found(wire.get(path, caller));
        check_not_found(wire.call("DELETE", path, caller));
        check_not_found(wire.call("PUT", path + "/expire", caller));
    }
    check_not_found(wire.get(tokens_path("me") + "/no-such-name", caller));
}

TEST_CASE("tokens are found by name exactly, and only {user}'s", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder, named("Deploy"));

    CHECK(text(parsed(wire.get(tokens_path("me") + "/Deploy", holder.token)), "id") == id_of(token));
    CHECK(wire.get(tokens_path(holder.username) + "/Deploy", wire.owner.token).status == 200);
    check_not_found(wire.get(tokens_path("me") + "/deploy", holder.token));
    check_not_found(wire.get(tokens_path("me") + "/Deploy", wire.owner.token));
}

TEST_CASE("a token named tokenconfig cannot be read by its name", "[wire][keys]") // 1.1
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    wire.new_token(holder, named("tokenconfig"));

    CHECK(field_names(parsed(wire.get(tokens_path("me") + "/tokenconfig", holder.token))) ==
          std::vector<std::string>{"max_token_lifetime"});
}

TEST_CASE("a deleted key is gone at once, and deleting it again is 404", "[wire][keys]") // 1.7
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);

    const http_answer deleted = wire.call("DELETE", key_path(token), wire.member.token);

    CHECK(deleted.status == 204);
    CHECK(deleted.body.empty());
    check_signed_out(wire.get("/api/v2/users/me", token), "API key is invalid.");
    check_not_found(wire.get(key_path(token), wire.member.token));
    check_not_found(wire.call("DELETE", key_path(token), wire.member.token));
    check_not_found(wire.call("PUT", key_path(token) + "/expire", wire.member.token));
}

TEST_CASE("a key may delete itself, sessions and expired tokens included", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    CHECK(wire.call("DELETE", key_path(token), token).status == 204);
    CHECK(wire.get("/api/v2/users/me", token).status == 401);

    const std::string session = text(parsed(wire.post(keys_path("me"), wire.member.token, "")), "key");
    CHECK(wire.call("DELETE", key_path(session), wire.member.token).status == 204);

    const std::string expired = wire.new_token(wire.member);
    REQUIRE(wire.call("PUT", key_path(expired) + "/expire", wire.member.token).status == 204);
    CHECK(wire.call("DELETE", key_path(expired), wire.member.token).status == 204);
}

TEST_CASE("expiring ends a key's life now and keeps its row", "[wire][keys]") // 1.8
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    const auto before = parsed(wire.get(key_path(token), wire.member.token));

    const http_answer expired =
        wire.call("PUT", key_path(token) + "/expire", wire.member.token, "not looked at");

    CHECK(expired.status == 204);
    CHECK(expired.body.empty());
    CHECK(wire.get("/api/v2/users/me", token).status == 401);
    const auto after = parsed(wire.get(key_path(token), wire.member.token));
    CHECK(instant(after, "expires_at") < instant(before, "expires_at"));
    CHECK(text(after, "updated_at") == text(before, "updated_at"));
    CHECK(after.at("lifetime_seconds") == before.at("lifetime_seconds"));

    CHECK(wire.call("PUT", key_path(token) + "/expire", wire.member.token).status == 204);
    CHECK(wire.get(key_path(token), wire.member.token).body == json::serialize(after) + "\n"); // unchanged
}

TEST_CASE("a session key can be expired as well", "[wire][keys]")
{
    wire_fixture& wire = any_wire();
    const std::string session = text(parsed(wire.post(keys_path("me"), wire.member.token, "")), "key");

    CHECK(wire.call("PUT", key_path(session) + "/expire", wire.member.token).status == 204);
    CHECK(wire.get("/api/v2/users/me", session).status == 401);
}

TEST_CASE("tokenconfig tells the maximum lifetime by the roles of {user}", "[wire][keys]") // 1.9
{
    wire_fixture& wire = any_wire();
    const std::string config = "/tokenconfig";

    CHECK(wire.get(tokens_path("me") + config, wire.member.token).body ==
          "{\"max_token_lifetime\":3155760000000000000}\n");
    CHECK(wire.get(tokens_path("me") + config, wire.owner.token).body ==
          "{\"max_token_lifetime\":604800000000000}\n");
    CHECK(wire.get(tokens_path(wire.member.username) + config, wire.owner.token).body ==
          "{\"max_token_lifetime\":3155760000000000000}\n");
    CHECK(wire.get(tokens_path(wire.owner.username) + config, wire.user_admin.token).body ==
          "{\"max_token_lifetime\":604800000000000}\n");
}
