// Contract 8.3 and 8.4: reading, listing and creating users.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

std::string new_user_body(std::string_view username, std::string_view more = {})
{
    std::string body{R"({"username":")"};
    body.append(username).append(R"(","email":")").append(username).append(R"(@example.com","password":")");
    return body.append(good_password).append("\"").append(more).append("}");
}

std::vector<std::string> found(wire_fixture& wire, const std::string& query, const account& caller)
{
    const http_answer answer = wire.get("/api/v2/users" + query, caller.token);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return column(parsed(answer).at("users"), "username");
}

} // namespace

TEST_CASE("a user is shown with its fields in the order of the contract", "[wire][users]") // 8.3
{
    wire_fixture& wire = any_wire();
    const auto shown = parsed(wire.get("/api/v2/users/me", wire.user_admin.token));

    CHECK(field_names(shown) == std::vector<std::string>{"id",
                                                         "username",
                                                         "email",
                                                         "created_at",
                                                         "updated_at",
                                                         "last_seen_at",
                                                         "status",
                                                         "login_type",
                                                         "organization_ids",
                                                         "roles",
                                                         "has_ai_seat"});
    CHECK(text(shown, "id") == wire.user_admin.id);
    CHECK(text(shown, "email") == wire.user_admin.email);
    CHECK(text(shown, "status") == "active");
    CHECK(text(shown, "login_type") == "password");
    CHECK(shown.at("organization_ids").as_array().empty());
    CHECK(json::serialize(shown.at("roles")) == R"([{"name":"user-admin","display_name":"User Admin"}])");
}

TEST_CASE("a user is created with the fields asked for", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("made");

    const http_answer created = wire.post(
        "/api/v2/users",
        wire.user_admin.token,
        new_user_body(
            name,
            R"(,"name":"Real N.","organization_ids":["x"],"user_status":"active","login_type":"password")"));

    REQUIRE(created.status == 201);
    const auto body = parsed(created);
    CHECK(text(body, "username") == name);
    CHECK(text(body, "name") == "Real N.");
    CHECK(text(body, "status") == "active"); // A7
    CHECK(body.at("organization_ids").as_array().empty());
    CHECK(body.at("roles").as_array().empty());
    CHECK(wire.get("/api/v2/users/" + name, wire.owner.token).body == created.body);
}

TEST_CASE("users that may not be created get the answer of the reason", "[wire][users]") // 8.4
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("never");
    const auto create = [&wire](const std::string& body) {
        return wire.post("/api/v2/users", wire.owner.token, body);
    };

    const http_answer taken = create(new_user_body(wire.member.username));
    CHECK(taken.status == 409);
    CHECK(text(parsed(taken), "message") == "User already exists.");
    std::string shouted = wire.member.username;
    shouted[0] = 'U';
    CHECK(create(new_user_body(shouted)).status == 409);

    const http_answer weak =
        create(R"({"email":"a@b.example","username":")" + name + R"(","password":"abc"})");
    CHECK(weak.status == 400);
    CHECK(text(parsed(weak), "message") == "Password is invalid");

    check_error(create(new_user_body(name, R"(,"login_type":"github")")),
                400,
                R"(Unsupported login type "github" for manually creating new users.)");
    check_error(create(R"({"username":")" + name + R"(","login_type":"none"})"),
                400,
                "Login type 'none' requires a service account.");
    check_error(create(R"({"username":")" + name + R"(","service_account":true,"login_type":"password"})"),
                400,
                "Service accounts must use login type 'none'.");
    check_error(
        create(R"({"username":")" + name + R"(","service_account":true,"login_type":"none","password":"x"})"),
        400,
        "Password cannot be set for service accounts.");
    check_error(create(R"({"username":")" + name +
                       R"(","service_account":true,"login_type":"none","email":"a@b.example"})"),
                400,
                "Email cannot be set for service accounts.");
    check_not_found(wire.get("/api/v2/users/" + name, wire.owner.token));
}

TEST_CASE("names must be made of letters, digits and single hyphens", "[wire][users]") // 4.4
{
    wire_fixture& wire = any_wire();
    for (const std::string& name : {std::string{"-a"},
                                    std::string{"a-"},
                                    std::string{"a--b"},
                                    std::string{"a_b"},
                                    std::string{"a b"},
                                    std::string{"new"},
                                    std::string{"create"},
                                    std::string(33, 'a'),
                                    std::string{"\u00e9"}}) {
        CAPTURE(name);
        const http_answer refused =
            wire.post("/api/v2/users",
                      wire.owner.token,
                      R"({"email":"x@example.com","username":")" + name + R"(","password":"y"})");
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == validation_failed);
        CHECK(column(parsed(refused).at("validations"), "field") == std::vector<std::string>{"username"});
    }
}

TEST_CASE("service accounts have no password and no address, and keys all the same", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("robot");

    const http_answer created =
        wire.post("/api/v2/users",
                  wire.owner.token,
                  R"({"username":")" + name + R"(","service_account":true,"login_type":"none"})");

    INFO(created.body);
    REQUIRE(created.status == 201);
    CHECK(contains(created.body, R"("login_type":"none","is_service_account":true)"));
    const http_answer key = wire.post(tokens_path(name), wire.owner.token, "{}");
    REQUIRE(key.status == 201);
    CHECK(wire.get("/api/v2/users/me", text(parsed(key), "key")).status == 200);
}

TEST_CASE("members and auditors create no users", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    for (const account* caller : {&wire.member, &wire.auditor, &wire.template_admin}) {
        const http_answer refused =
            wire.post("/api/v2/users", caller->token, new_user_body(wire.fresh_name("no")));
        CHECK(refused.status == 403);
        CHECK(text(parsed(refused), "message") == "You are not authorized to create users.");
    }
}

TEST_CASE("a user admin gives no role he could not assign", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    CHECK(wire.post("/api/v2/users",
                    wire.user_admin.token,
                    new_user_body(wire.fresh_name("up"), R"(,"roles":["owner"])"))
              .status == 403);
    CHECK(wire.post("/api/v2/users",
                    wire.owner.token,
                    new_user_body(wire.fresh_name("up"), R"(,"roles":["emperor"])"))
              .status == 400);
}

TEST_CASE("users are listed by lower-case name and paged", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const auto all = found(wire, "", wire.owner);
    CHECK(std::ranges::is_sorted(all));
    CHECK(std::ranges::count(all, "system") == 0); // A18
    CHECK(std::ranges::count(all, wire.member.username) == 1);
    REQUIRE(all.size() >= 6);

    const auto page = parsed(wire.get("/api/v2/users?limit=2&offset=1", wire.owner.token));
    CHECK(column(page.at("users"), "username") == std::vector<std::string>{all[1], all[2]});
    CHECK(page.at("count").as_int64() == static_cast<std::int64_t>(all.size()));
    CHECK(field_names(page) == std::vector<std::string>{"users", "count"});

    const auto first = parsed(wire.get("/api/v2/users?limit=1", wire.owner.token));
    const std::string after = column(first.at("users"), "id").at(0);
    CHECK(found(wire, "?limit=1&after_id=" + after, wire.owner) == std::vector<std::string>{all[1]});
    CHECK(found(wire, "?limit=0", wire.owner) == all);
}

TEST_CASE("users are found by part of name or address and by the keys of q", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account suspended = wire.new_user();
    REQUIRE(wire.call("PUT", "/api/v2/users/" + suspended.id + "/status/suspend", wire.owner.token).status ==
            200);
    const auto has = [&wire](const std::string& q, const account& who) {
        return std::ranges::count(found(wire, "?q=" + q, wire.owner), who.username) == 1;
    };

    CHECK(has(wire.auditor.username, wire.auditor));
    CHECK(has("%40EXAMPLE.com", wire.auditor));
    CHECK_FALSE(has("nothing-like-it", wire.auditor));
    CHECK(has("status:suspended", suspended));
    CHECK_FALSE(has("status:active", suspended));
    CHECK(has("role:auditor", wire.auditor));
    CHECK_FALSE(has("role:auditor", wire.member));
    CHECK(has("login_type:password", wire.member));
    CHECK_FALSE(has("login_type:none", wire.member));
    CHECK(has("role:auditor+status:active", wire.auditor));
    CHECK(has("created_after:%222020-01-01T00:00:00Z%22", wire.member));
    CHECK_FALSE(has("created_before:%222020-01-01T00:00:00Z%22", wire.member));
    CHECK_FALSE(has("service_account:true", wire.member));
    CHECK(has("last_seen_after:%222020-01-01T00:00:00Z%22", wire.member));
    CHECK_FALSE(has("last_seen_before:%222020-01-01T00:00:00Z%22", wire.member));
    CHECK(found(wire, "?q=name:nobody-has-this", wire.owner).empty());
    CHECK(found(wire, "?q=github_com_user_id:7", wire.owner).empty()); // A8
}

TEST_CASE("user searches that cannot be read are refused", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    for (const char* query : {"status:drunk", "colour:red", "created_after:yesterday"}) {
        CAPTURE(query);
        const http_answer refused = wire.get(std::string{"/api/v2/users?q="} + query, wire.owner.token);
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == "Invalid user search query.");
        CHECK_FALSE(parsed(refused).at("validations").as_array().empty());
    }
    for (const char* query : {"limit=x", "offset=-1", "after_id=7"}) {
        CAPTURE(query);
        const http_answer refused = wire.get(std::string{"/api/v2/users?"} + query, wire.owner.token);
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == "Query parameters have invalid values.");
    }
}

TEST_CASE("a user's roles are read without the implied one", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    CHECK(wire.get("/api/v2/users/me/roles", wire.auditor.token).body ==
          "{\"roles\":[\"auditor\"],\"organization_roles\":{}}\n");
    CHECK(wire.get("/api/v2/users/me/roles", wire.member.token).body ==
          "{\"roles\":[],\"organization_roles\":{}}\n");
    check_not_found(wire.get("/api/v2/users/" + wire.auditor.username + "/roles", wire.member.token));
}
