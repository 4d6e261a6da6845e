// Contract 8.4: deleting, suspending, roles and passwords of users.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

std::string path_of(const account& who, std::string_view rest = {})
{
    return "/api/v2/users/" + who.username + std::string{rest};
}

std::string passwords(std::string_view old_one, std::string_view fresh)
{
    std::string body = "{";
    if (!old_one.empty()) body.append(R"("old_password":")").append(old_one).append("\",");
    return body.append(R"("password":")").append(fresh).append("\"}");
}

constexpr std::string_view fresh_password = "AnotherSecurePass!8";

} // namespace

TEST_CASE("a user is deleted by an admin and is gone", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account gone = wire.new_user();

    const http_answer deleted = wire.call("DELETE", path_of(gone), wire.user_admin.token);

    CHECK(deleted.status == 200);
    CHECK(deleted.body == "{\"message\":\"User has been deleted!\"}\n");
    check_not_found(wire.get(path_of(gone), wire.owner.token));
    CHECK(wire.post("/api/v2/users/login",
                    {},
                    R"({"email":")" + gone.email + R"(","password":")" + good_password + "\"}")
              .status == 401);
}

TEST_CASE("a deleted user's name and address are free again", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account gone = wire.new_user();
    REQUIRE(wire.call("DELETE", path_of(gone), wire.owner.token).status == 200);

    CHECK(wire.post("/api/v2/users",
                    wire.owner.token,
                    R"({"email":")" + gone.email + R"(","username":")" + gone.username + R"(","password":")" +
                        good_password + "\"}")
              .status == 201);
}

TEST_CASE("nobody deletes himself, and members delete nobody", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const http_answer self = wire.call("DELETE", path_of(wire.owner), wire.owner.token);
    CHECK(self.status == 403);
    CHECK(text(parsed(self), "message") == "You cannot delete yourself!");
    check_forbidden(wire.call("DELETE", path_of(wire.member), wire.auditor.token));
    check_not_found(wire.call("DELETE", path_of(wire.other_member), wire.member.token));
    CHECK(wire.get("/api/v2/users/me", wire.member.token).status == 200);
}

TEST_CASE("a user is suspended and activated again", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();

    const http_answer suspended = wire.call("PUT", path_of(who, "/status/suspend"), wire.user_admin.token);
    CHECK(suspended.status == 200);
    CHECK(text(parsed(suspended), "status") == "suspended");
    const http_answer active = wire.call("PUT", path_of(who, "/status/activate"), wire.user_admin.token);
    CHECK(active.status == 200);
    CHECK(text(parsed(active), "status") == "active");
}

TEST_CASE("neither oneself nor an owner can be suspended", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const http_answer self = wire.call("PUT", "/api/v2/users/me/status/suspend", wire.user_admin.token);
    CHECK(self.status == 400);
    CHECK(text(parsed(self), "message") == "You cannot suspend yourself.");
    const account second = wire.new_user({"owner"});
    const http_answer owner = wire.call("PUT", path_of(second, "/status/suspend"), wire.owner.token);
    CHECK(owner.status == 400);
    CHECK(text(parsed(owner), "message") ==
          "You cannot suspend a user with the \"owner\" role. You must remove the role first.");
}

TEST_CASE("suspending without the right to changes nothing", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const http_answer refused = wire.call("PUT", path_of(wire.member, "/status/suspend"), wire.auditor.token);
    CHECK(refused.status == 500);
    CHECK(text(parsed(refused), "message") == "Internal error updating user's status to \"suspended\".");
    CHECK(wire.get("/api/v2/users/me", wire.member.token).status == 200);
}

TEST_CASE("roles are replaced by those who may assign them", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();

    const http_answer changed = wire.call(
        "PUT", path_of(who, "/roles"), wire.owner.token, R"({"roles":["auditor","template-admin"]})");
    CHECK(changed.status == 200);
    CHECK(parsed(changed).at("roles").as_array().size() == 2);
    CHECK(wire.get("/api/v2/audit", who.token).status == 200); // at once
    CHECK(wire.call("PUT", path_of(who, "/roles"), wire.owner.token, R"({"roles":[]})").status == 200);
    check_forbidden(wire.get("/api/v2/audit", who.token));
}

TEST_CASE("roles that may not be assigned are refused", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    const auto assign = [&wire](const account& caller, const std::string& path, std::string_view body) {
        return wire.call("PUT", path, caller.token, body);
    };

    const http_answer own = assign(wire.owner, "/api/v2/users/me/roles", R"({"roles":[]})");
    CHECK(own.status == 400);
    CHECK(text(parsed(own), "message") == "You cannot change your own roles.");
    CHECK(assign(wire.user_admin, path_of(who, "/roles"), R"({"roles":["owner"]})").status == 403);
    CHECK(assign(wire.auditor, path_of(who, "/roles"), R"({"roles":["auditor"]})").status == 403);
    CHECK(assign(wire.owner, path_of(who, "/roles"), R"({"roles":["emperor"]})").status == 400);
    check_error(assign(wire.owner, path_of(who, "/roles"), R"({"roles":"auditor"})"),
                400,
                not_json,
                "json: cannot unmarshal string into Go struct field UpdateRoles.roles of type []string");
    CHECK(wire.get(path_of(who, "/roles"), wire.owner.token).body ==
          "{\"roles\":[],\"organization_roles\":{}}\n");
}

TEST_CASE("a password change that may not be is refused with its reason", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    const account second_owner = wire.new_user({"owner"});
    struct row {
        std::string caller;
        std::string path;
        std::string body;
        unsigned status;
        std::string_view message;
    };
    const std::string own = "/api/v2/users/me/password";
    const row rows[] = {
        {who.token, own, passwords("", fresh_password), 400, "Old password is required."},
        {who.token, own, passwords("wrong", fresh_password), 400, "Old password is incorrect."},
        {who.token, own, passwords(good_password, "abc"), 400, "Invalid password."},
        {who.token,
         own,
         passwords(good_password, good_password),
         400,
         "New password cannot match old password."},
        {wire.user_admin.token,
         path_of(second_owner, "/password"),
         passwords("", fresh_password),
         400,
         "Only owners can change the password of an owner."},
    };
    for (const row& each : rows) {
        INFO(each.message);
        const http_answer refused = wire.call("PUT", each.path, each.caller, each.body);
        CHECK(refused.status == each.status);
        CHECK(text(parsed(refused), "message") == each.message);
    }
    check_not_found(
        wire.call("PUT", path_of(who, "/password"), wire.auditor.token, passwords("", fresh_password)));
    CHECK(wire.get("/api/v2/users/me", who.token).status == 200); // keys are still there
}

TEST_CASE("accounts without a password get none", "[wire][users]")
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("robot");
    REQUIRE(wire.post("/api/v2/users",
                      wire.owner.token,
                      R"({"username":")" + name + R"(","service_account":true,"login_type":"none"})")
                .status == 201);

    const http_answer refused = wire.call(
        "PUT", "/api/v2/users/" + name + "/password", wire.owner.token, passwords("", fresh_password));

    CHECK(refused.status == 400);
    CHECK(text(parsed(refused), "message") ==
          "Users without password login type cannot change their password.");
}
