// Contract 1.10, with A10: what else removes keys.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

constexpr std::string_view invalid = "API key is invalid.";

std::string login_body(const account& who, std::string_view password)
{
    return R"({"email":")" + who.email + R"(","password":")" + std::string{password} + "\"}";
}

} // namespace

TEST_CASE("logout deletes the presented key and the user's application_connect keys", "[wire][removal]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string session = text(parsed(wire.post(keys_path("me"), holder.token, "")), "key");
    const std::string connect = wire.new_token(holder, R"({"scope":"application_connect"})");
    const std::string token = wire.new_token(holder);

    const http_answer left = wire.post("/api/v2/users/logout", session, "");

    CHECK(left.status == 200);
    CHECK(left.body == "{\"message\":\"Logged out!\"}\n");
    check_signed_out(wire.get("/api/v2/users/me", session), invalid);
    check_signed_out(wire.get("/api/v2/users/me", connect), invalid);
    CHECK(wire.get("/api/v2/users/me", token).status == 200);
    CHECK(wire.get("/api/v2/users/me", holder.token).status == 200);
}

TEST_CASE("changing a password deletes all of the user's keys, tokens included", "[wire][removal]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder);
    const bool by_owner = GENERATE(false, true);
    const std::string fresh = "AnotherSecurePass!8";

    const http_answer changed =
        wire.call("PUT",
                  "/api/v2/users/" + holder.username + "/password",
                  by_owner ? wire.owner.token : holder.token,
                  by_owner ? R"({"password":")" + fresh + "\"}"
                           : R"({"old_password":")" + good_password + R"(","password":")" + fresh + "\"}");

    CHECK(changed.status == 204);
    check_signed_out(wire.get("/api/v2/users/me", token), invalid);
    check_signed_out(wire.get("/api/v2/users/me", holder.token), invalid);
    CHECK(wire.post("/api/v2/users/login", {}, login_body(holder, good_password)).status == 401);
    CHECK(wire.post("/api/v2/users/login", {}, login_body(holder, fresh)).status == 201);
}

TEST_CASE("suspending a user revokes his tokens: they are kept but answer 401 until he is active again",
          "[wire][removal]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder);
    const std::string status_path = "/api/v2/users/" + holder.username + "/status/";

    REQUIRE(wire.call("PUT", status_path + "suspend", wire.owner.token).status == 200);
    for (const std::string& each : {token, holder.token})
        check_error(
            wire.get("/api/v2/users/me", each),
            401,
            R"(User is not active (status = "suspended"). Contact an admin to reactivate your account.)");

    REQUIRE(wire.call("PUT", status_path + "activate", wire.owner.token).status == 200);
    CHECK(wire.get("/api/v2/users/me", token).status == 200);
}

TEST_CASE(
    "deleting a user revokes his tokens: his keys answer 401 from the moment the delete is acknowledged",
    "[wire][removal]")
{
    wire_fixture& wire = any_wire(); // A10
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder);

    REQUIRE(wire.call("DELETE", "/api/v2/users/" + holder.username, wire.owner.token).status == 200);

    for (const std::string& each : {token, holder.token}) {
        const http_answer refused = wire.get("/api/v2/users/me", each);
        CHECK(refused.status == 401);
        const std::string detail = text(parsed(refused), "detail");
        CHECK((detail == invalid || detail == "API key belongs to a deleted user."));
    }
    check_not_found(wire.get(keys_path("me") + "/" + id_of(token), wire.owner.token));
}

TEST_CASE("no key can be made for a deleted user", "[wire][removal]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    REQUIRE(wire.call("DELETE", "/api/v2/users/" + holder.id, wire.owner.token).status == 200);

    check_not_found(wire.post(tokens_path(holder.username), wire.owner.token, "{}"));
    // A deleted user resolves by id (3.7), so this one gets as far as the store.
    const http_answer by_id = wire.post(tokens_path(holder.id), wire.owner.token, "{}");
    CHECK(by_id.status >= 400);
    CHECK_FALSE(contains(by_id.body, "\"key\""));
}
