// Contract 7, with A11 and A12: what is recorded, and reading it.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

json::value search(wire_fixture& wire, const std::string& query)
{
    const http_answer answer = wire.get("/api/v2/audit" + query, wire.auditor.token);
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return parsed(answer);
}

bool is_recorded(wire_fixture& wire, const http_answer& answer)
{
    return search(wire, "?q=request_id:" + answer.header("x-coder-request-id")).at("count").as_int64() > 0;
}

std::string narrow_token(const std::string& name)
{
    return R"({"lifetime":3600000000000,"scopes":["api_key:read"],"token_name":")" + name + "\"}";
}

} // namespace

TEST_CASE("creating a token leaves an entry with everything the contract lists", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("audited");
    const http_answer created = wire.call(
        "POST", tokens_path("me"), wire.member.token, narrow_token(name), {{"User-Agent", "probe/1"}});
    REQUIRE(created.status == 201);

    const auto entry = entry_of(wire, created);

    CHECK(field_names(entry) == std::vector<std::string>{"id",
                                                         "request_id",
                                                         "time",
                                                         "ip",
                                                         "user_agent",
                                                         "resource_type",
                                                         "resource_id",
                                                         "resource_target",
                                                         "resource_icon",
                                                         "action",
                                                         "diff",
                                                         "status_code",
                                                         "additional_fields",
                                                         "description",
                                                         "resource_link",
                                                         "is_deleted",
                                                         "organization_id",
                                                         "user"});
    CHECK(text(entry, "request_id") == created.header("x-coder-request-id"));
    CHECK(text(entry, "resource_type") == "api_key");
    CHECK(text(entry, "resource_id") == wire.member.id); // the owner's
    CHECK(text(entry, "resource_target") == name);
    CHECK(text(entry, "action") == "create");
    CHECK(entry.at("status_code").as_int64() == 201);
    CHECK(text(entry, "ip") == "127.0.0.1");
    CHECK(text(entry, "user_agent") == "probe/1");
    CHECK(entry.at("additional_fields").as_object().empty());
    CHECK(text(entry, "description") == "{user} created token {target}");
    CHECK(text(entry.at("user"), "username") == wire.member.username);
}

TEST_CASE("the diff of a new token holds scopes, allow list, name and lifetime, and neither hash nor secret",
          "[wire][audit]")
{
    wire_fixture& wire = any_wire(); // A11
    const std::string name = wire.fresh_name("audited");
    const http_answer created = wire.post(tokens_path("me"), wire.member.token, narrow_token(name));
    const std::string token = text(parsed(created), "key");

    const auto entry = entry_of(wire, created);

    const json::value& diff = entry.at("diff");
    for (const char* field :
         {"user_id", "last_used", "expires_at", "created_at", "scopes", "allow_list", "token_name"}) {
        CAPTURE(field);
        REQUIRE(diff.as_object().contains(field));
        CHECK(diff.at(field).as_object().contains("new"));
        CHECK_FALSE(diff.at(field).at("secret").as_bool());
    }
    CHECK(json::serialize(diff.at("token_name").at("new")) == "\"" + name + "\"");
    CHECK(contains(json::serialize(diff), "lifetime"));
    CHECK(json::serialize(diff.at("allow_list").at("new")) == R"(["*:*"])");
    CHECK_FALSE(contains(json::serialize(entry), token.substr(11)));
    CHECK_FALSE(contains(json::serialize(diff), "hash"));
}

TEST_CASE("the caller's trace is in the entry, of API calls and of refused verifications", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    const header_list headers{{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}};

    const http_answer created = wire.call(
        "POST", tokens_path("me"), wire.member.token, narrow_token(wire.fresh_name("traced")), headers);
    CHECK(entry_of(wire, created).at("additional_fields").at("trace_id").as_string() == trace);
    const http_answer refused = wire.call("GET", "/verify", "nothing", {}, headers);
    CHECK(refused.status == 401);
    CHECK(entry_of(wire, refused).at("additional_fields").at("trace_id").as_string() == trace);

    const http_answer untraced =
        wire.call("POST", tokens_path("me"), wire.member.token, narrow_token(wire.fresh_name("untraced")));
    CHECK_FALSE(entry_of(wire, untraced).at("additional_fields").as_object().contains("trace_id"));
}

TEST_CASE("session keys, deletes and expiries are recorded in the words of the contract", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const http_answer session = wire.post(keys_path("me"), wire.member.token, "");
    const auto created = entry_of(wire, session);
    CHECK(text(created, "action") == "create");
    CHECK(text(created, "resource_target").empty());

    const std::string name = wire.fresh_name("audited");
    const std::string token = wire.new_token(wire.member, narrow_token(name));
    const std::string path = keys_path("me") + "/" + id_of(token);
    const auto expired = entry_of(wire, wire.call("PUT", path + "/expire", wire.member.token));
    CHECK(text(expired, "action") == "write");
    CHECK(text(expired, "resource_target") == name);
    CHECK(expired.at("diff").as_object().contains("expires_at"));
    CHECK(text(expired, "description") == "{user} updated token {target}");

    const http_answer again = wire.call("PUT", path + "/expire", wire.member.token);
    CHECK(again.status == 204);
    CHECK_FALSE(is_recorded(wire, again));

    const auto deleted = entry_of(wire, wire.call("DELETE", path, wire.owner.token));
    CHECK(text(deleted, "action") == "delete");
    CHECK(text(deleted, "resource_id") == wire.member.id);
    CHECK(text(deleted, "description") == "{user} deleted token {target}");
    CHECK(text(deleted.at("user"), "username") == wire.owner.username);
}

TEST_CASE("logins and logouts are recorded without a diff, failed ones with their status", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const auto login = [&wire](const std::string& password) {
        return wire.post("/api/v2/users/login",
                         {},
                         R"({"email":")" + wire.member.email + R"(","password":")" + password + "\"}");
    };

    const http_answer in = login(good_password);
    const auto entry = entry_of(wire, in);
    CHECK(text(entry, "action") == "login");
    CHECK(text(entry, "resource_type") == "api_key");
    CHECK(entry.at("diff").as_object().empty());
    CHECK(entry.at("status_code").as_int64() == 201);
    CHECK(text(entry, "description") == "{user} logged in");

    const auto failed = entry_of(wire, login("canary-password-1"));
    CHECK(failed.at("status_code").as_int64() == 401);
    CHECK(text(failed, "description") == "{user} unsuccessfully attempted to login");
    CHECK_FALSE(contains(json::serialize(failed), "canary-password"));

    const auto out = entry_of(wire, wire.post("/api/v2/users/logout", text(parsed(in), "session_token"), ""));
    CHECK(text(out, "action") == "logout");
    CHECK(text(out, "description") == "{user} logged out");
}

TEST_CASE("refused changes are recorded as attempts", "[wire][audit]") // design.md 6
{
    wire_fixture& wire = any_wire();
    const http_answer refused = wire.post(tokens_path(wire.member.username), wire.auditor.token, "{}");
    REQUIRE(refused.status == 403);

    const auto entry = entry_of(wire, refused);

    CHECK(entry.at("status_code").as_int64() == 403);
    CHECK(text(entry, "description") == "{user} unsuccessfully attempted to create token {target}");
    CHECK(entry.at("diff").as_object().empty());
}

TEST_CASE("changes of users are recorded", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    const auto suspended = entry_of(
        wire, wire.call("PUT", "/api/v2/users/" + who.username + "/status/suspend", wire.owner.token));
    CHECK(text(suspended, "resource_type") == "user");
    CHECK(text(suspended, "resource_id") == who.id);
    CHECK(text(suspended, "resource_target") == who.username);
    CHECK(text(suspended, "action") == "write");

    const http_answer gone = wire.call("DELETE", "/api/v2/users/" + who.username, wire.owner.token);
    const auto deleted = entry_of(wire, gone);
    CHECK(text(deleted, "action") == "delete");
    CHECK(deleted.at("is_deleted").as_bool());
}

TEST_CASE("the audit log is read newest first, in pages", "[wire][audit]") // 7.2
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    for (const char* name : {"one", "two", "three"})
        wire.new_token(who, narrow_token(name));
    const std::string query = "?q=username:" + who.username + "+action:create+resource_type:api_key";
    using names = std::vector<std::string>;

    const auto all = search(wire, query);
    CHECK(field_names(all) == names{"audit_logs", "count", "count_cap"});
    CHECK(column(all.at("audit_logs"), "resource_target") == names{"three", "two", "one"});
    CHECK(all.at("count").as_int64() == 3);
    CHECK(all.at("count_cap").as_int64() == 2000);

    const auto page = search(wire, query + "&limit=1&offset=1");
    CHECK(column(page.at("audit_logs"), "resource_target") == names{"two"});
    CHECK(page.at("count").as_int64() == 3);
    const std::string after = text(page.at("audit_logs").as_array()[0], "id");
    CHECK(column(search(wire, query + "&after_id=" + after).at("audit_logs"), "resource_target") ==
          names{"one"});

    const auto none = search(wire, "?q=username:nobody-at-all");
    CHECK(none.at("audit_logs").as_array().empty());
    CHECK(none.at("count").as_int64() == 0);
}

TEST_CASE("the audit log is searched by each of its keys", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    const account who = wire.new_user();
    const std::string name = wire.fresh_name("sought");
    wire.new_token(who, narrow_token(name));
    const std::string mine = "?q=username:" + who.username + "+";
    const auto count = [&wire](const std::string& query) {
        return search(wire, query).at("count").as_int64();
    };

    CHECK(count(mine + "action:create") >= 1);
    CHECK(count(mine + "action:delete") == 0);
    CHECK(count(mine + "resource_target:" + name) == 1);
    CHECK(count(mine + "resource_id:" + who.id) >= 1);
    CHECK(count(mine + "resource_id:" + wire.owner.id) == 0);
    CHECK(count(mine + "api_key") >= 1); // a bare word is the resource type
    CHECK(count(mine + "resource_type:user") == 0);
    CHECK(count("?q=email:" + who.email) >= 1);
    CHECK(count(mine + "date_from:2020-01-01") >= 1);
    CHECK(count(mine + "date_to:2020-01-01") == 0);
    CHECK(count(mine + "build_reason:initiator") == 0); // A8
    CHECK(count(mine + "organization:default") == 0);
    CHECK(count("?q=USERNAME:%22" + who.username + "%22") >= 1);
}

TEST_CASE("audit searches that cannot be read are refused", "[wire][audit]")
{
    wire_fixture& wire = any_wire();
    for (const char* query :
         {"colour:red", "request_id:7", "date_from:yesterday", "action:fly", "resource_type:spaceship"}) {
        CAPTURE(query);
        const http_answer refused = wire.get(std::string{"/api/v2/audit?q="} + query, wire.auditor.token);
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == "Invalid audit search query.");
        CHECK_FALSE(parsed(refused).at("validations").as_array().empty());
    }
    for (const char* query : {"limit=x", "offset=x", "after_id=x", "limit=-1"}) {
        CAPTURE(query);
        const http_answer refused = wire.get(std::string{"/api/v2/audit?"} + query, wire.auditor.token);
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == "Query parameters have invalid values.");
    }
}
