// Contract 9.2: what the commands of the real client send, in order.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

// What the command line adds to each request (9.1).
http_answer send(wire_fixture& wire,
                 std::string_view method,
                 const std::string& path,
                 const std::string& token = {},
                 std::string_view body = {})
{
    return wire.call(method,
                     path,
                     token,
                     body,
                     {{"Content-Type", "application/json"},
                      {"User-Agent", "coder-cli/v2.34.0 (linux/amd64; coder tokens create)"},
                      {"Coder-CLI-Telemetry", "eyJjb21tYW5kIjoiY29kZXIgdG9rZW5zIGNyZWF0ZSJ9"}});
}

// `tokens view` and `tokens remove` look a token up by name, else by what stands before the first '-'.
http_answer look_up(wire_fixture& wire, const std::string& token, const std::string& text)
{
    http_answer found = send(wire, "GET", tokens_path("me") + "/" + text, token);
    if (found.status == 200) return found;
    return send(wire, "GET", keys_path("me") + "/" + text.substr(0, text.find('-')), token);
}

} // namespace

TEST_CASE("coder login with a token swaps it for a session key", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);

    REQUIRE(send(wire, "GET", "/api/v2/users/first").status == 200);
    const http_answer key = send(wire, "POST", "/api/v2/users/me/keys", token);
    REQUIRE(key.status == 201);
    const http_answer me = send(wire, "GET", "/api/v2/users/me", text(parsed(key), "key"));
    CHECK(me.status == 200);
    CHECK(text(parsed(me), "username") == wire.member.username);
}

TEST_CASE("coder login with --use-token-as-session uses the token itself", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    REQUIRE(send(wire, "GET", "/api/v2/users/first").status == 200);
    CHECK(send(wire, "GET", "/api/v2/users/me", wire.new_token(wire.member)).status == 200);
}

TEST_CASE("coder login on a fresh server creates the first user, logs in, and logs out", "[wire][clients]")
{
    const engine store = any_engine();
    const wire_server server{store};
    http_client client = server.connect();

    REQUIRE(client.request("GET", "/api/v2/users/first").status == 404);
    REQUIRE(client
                .request("POST",
                         "/api/v2/users/first",
                         {},
                         R"({"email":"a@example.com","username":"admin","name":"","password":")" +
                             good_password +
                             R"(","trial":false,"trial_info":{"first_name":"","developers":""}})")
                .status == 201);
    const http_answer login =
        client.request("POST",
                       "/api/v2/users/login",
                       {},
                       R"({"email":"a@example.com","password":")" + good_password + "\"}");
    REQUIRE(login.status == 201);
    const header_list session = {{"Coder-Session-Token", text(parsed(login), "session_token")}};
    CHECK(client.request("GET", "/api/v2/users/me", session).status == 200);

    CHECK(client.request("POST", "/api/v2/users/logout", session).status == 200);
    CHECK(client.request("GET", "/api/v2/users/me", session).status == 401);
}

TEST_CASE("coder tokens create asks for the maximum, then creates with it", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    for (const account* caller : {&wire.member, &wire.owner}) {
        const http_answer config = send(wire, "GET", tokens_path("me") + "/tokenconfig", caller->token);
        REQUIRE(config.status == 200);
        const std::string maximum = json::serialize(parsed(config).at("max_token_lifetime"));

        const http_answer created = send(
            wire,
            "POST",
            tokens_path("me"),
            caller->token,
            R"({"lifetime":)" + maximum + R"(,"scope":"","scopes":null,"token_name":"","allow_list":null})");
        REQUIRE(created.status == 201);
        const std::string token = text(parsed(created), "key");
        CHECK(send(wire, "GET", keys_path("me") + "/" + token.substr(0, 10), caller->token).status == 200);
    }
}

TEST_CASE("coder tokens create --user makes a token for somebody else", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    const std::string path = tokens_path(wire.member.username);
    REQUIRE(send(wire, "GET", path + "/tokenconfig", wire.owner.token).status == 200);
    const http_answer created = send(wire,
                                     "POST",
                                     path,
                                     wire.owner.token,
                                     R"({"lifetime":3600000000000,"scopes":["all"],"allow_list":["*:*"]})");
    REQUIRE(created.status == 201);
    CHECK(text(parsed(send(wire, "GET", "/api/v2/users/me", text(parsed(created), "key"))), "id") ==
          wire.member.id);
}

TEST_CASE("coder tokens list sends both parameters", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    for (const char* query :
         {"?include_all=false&include_expired=false", "?include_all=true&include_expired=true"})
        for (const account* caller : {&wire.owner, &wire.member})
            CHECK(send(wire, "GET", tokens_path("me") + query, caller->token).status == 200);
}

TEST_CASE("coder tokens view and remove find a token by name, id or the whole token", "[wire][clients]")
{
    wire_fixture& wire = any_wire();
    const std::string& caller = wire.member.token;
    for (const bool hard : {false, true}) {
        const std::string name = wire.fresh_name("named");
        const std::string token = wire.new_token(wire.member, "{\"token_name\":\"" + name + "\"}");
        for (const std::string& text_of_user : {name, id_of(token), token}) {
            const http_answer found = look_up(wire, caller, text_of_user);
            REQUIRE(found.status == 200);
            CHECK(text(parsed(found), "id") == id_of(token));
        }
        const std::string path = keys_path("me") + "/" + id_of(token);
        CHECK((hard ? send(wire, "DELETE", path, caller) : send(wire, "PUT", path + "/expire", caller))
                  .status == 204);
        CHECK(send(wire, "GET", "/api/v2/users/me", token).status == 401);
        CHECK(look_up(wire, caller, name).status == (hard ? 404 : 200));
    }
}
