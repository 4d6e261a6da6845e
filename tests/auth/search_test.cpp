#include "auth/search_query.hpp"
#include "auth/time_text.hpp"
#include "tests/support/auth_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> found_by(auth_fixture& auth, const principal& caller, std::string query)
{
    user_list_request asked;
    asked.query = std::move(query);
    const auto listed = finish(auth.users.list(caller, std::move(asked), auth.from));
    REQUIRE(listed);
    std::vector<std::string> names;
    for (const user& one : listed->users)
        names.push_back(one.username);
    return names;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("a query is split at spaces and colons outside quotes", "[auth][search_query]")
{
    search_query query{"Name:\"Ada Lovelace\"  status:active word", "search"};

    CHECK(query.text("name") == "Ada Lovelace");
    CHECK(query.lower("name") == "ada lovelace");
    CHECK(query.text("status") == "active");
    CHECK(query.text("search") == "word");
    CHECK(query.text("absent") == std::nullopt);
    CHECK_FALSE(query.refused("wrong"));
}

TEST_CASE("each malformed query says what is wrong with it", "[auth][search_query]")
{
    struct row {
        const char* text;
        const char* field;
        const char* detail;
    };
    const row rows[] = {
        {":x", "q", "Query element \":x\" cannot start or end with ':'"},
        {"name:", "q", "Query element \"name:\" cannot start or end with ':'"},
        {"name:a:b", "q", "Query element \"name:a:b\" can only contain 1 ':'"},
        {"name:a name:b", "q", "Query parameter \"name\" provided more than once"},
        {"colour:red", "colour", "\"colour\" is not a valid query param"},
    };
    for (const row& one : rows) {
        CAPTURE(one.text);
        search_query query{one.text, "search"};
        static_cast<void>(query.text("name"));
        const std::optional<refusal> why = query.refused("Invalid search query.");
        REQUIRE(why);
        CHECK(why->status == 400);
        CHECK(why->message == "Invalid search query.");
        REQUIRE(why->validations.size() == 1);
        CHECK(why->validations[0].field == one.field);
        CHECK(why->validations[0].detail == one.detail);
    }
}

TEST_CASE("users are listed by name and filtered by every key of the contract", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    auth.now.advance(24h);
    const std::string between = rfc3339_text(auth.now.now() - 1h);
    user robot;
    robot.id = random_uuid();
    robot.username = "Robot";
    robot.name = "R. Daneel Olivaw";
    robot.login = login_type::none;
    robot.is_service_account = true;
    robot.status = user_status::suspended;
    robot.created_at = robot.last_seen_at = auth.now.now();
    REQUIRE(run_task(auth.memory.insert_user(robot)));
    auth.add("ada", role::auditor);
    struct row {
        std::string query;
        names expected;
    };
    const row rows[] = {
        {"", {"ada", "boss", "Robot"}},
        {"ROB", {"Robot"}},
        {"ada@example", {"ada"}},
        {"name:\"daneel olivaw\"", {"Robot"}},
        {"status:active", {"ada", "boss"}},
        {"status:suspended,active", {"ada", "boss", "Robot"}},
        {"status:dormant", {}}, // A7: there are none
        {"role:auditor", {"ada"}},
        {"role:owner,auditor", {"ada", "boss"}},
        {"role:member", {"ada", "boss", "Robot"}},
        {"role:emperor", {}},
        {"login_type:none", {"Robot"}},
        {"service_account:true", {"Robot"}},
        {"service_account:false", {"ada", "boss"}},
        {"created_after:\"" + between + "\"", {"ada", "Robot"}},
        {"created_before:\"" + between + "\"", {"boss"}},
        {"last_seen_after:\"" + between + "\"", {"Robot"}},
        {"github_com_user_id:7", {}}, // A8
        {"status:active role:auditor a", {"ada"}},
    };
    for (const row& one : rows) {
        CAPTURE(one.query);
        CHECK(found_by(auth, boss, one.query) == one.expected);
    }
}

TEST_CASE("a wrong user query is refused with its fields", "[auth][user_service]")
{
    auth_fixture auth;
    const principal boss = auth.sign_in(auth.add("boss", role::owner));
    for (const auto& [query, field] :
         std::vector<std::pair<std::string, std::string>>{{"status:asleep", "status"},
                                                          {"login_type:magic", "login_type"},
                                                          {"service_account:perhaps", "service_account"},
                                                          {"created_after:yesterday", "created_after"},
                                                          {"last_seen_before:2026-02-30", "last_seen_before"},
                                                          {"github_com_user_id:x", "github_com_user_id"},
                                                          {"colour:red", "colour"}}) {
        CAPTURE(query);
        user_list_request asked;
        asked.query = query;
        const auto refused = finish(auth.users.list(boss, std::move(asked), auth.from));
        REQUIRE(!refused);
        CHECK(refused.error().status == 400);
        CHECK(refused.error().message == "Invalid user search query.");
        REQUIRE(refused.error().validations.size() == 1);
        CHECK(refused.error().validations[0].field == field);
    }
}

TEST_CASE("a list of users is cut to those the caller may read", "[auth][user_service]")
{
    auth_fixture auth;
    REQUIRE(run_task(auth.users.ensure_system_user()));
    const user ada = auth.add("ada");
    const principal auditor = auth.sign_in(auth.add("bea", role::auditor));

    CHECK(found_by(auth, auth.sign_in(ada), "") == names{"ada"});
    CHECK(found_by(auth, auditor, "") == names{"ada", "bea"}); // without the system user
    CHECK(found_by(auth, auth.sign_in(ada, {{"api_key:*"}, {"*:*"}}), "").empty());
}

TEST_CASE("users are paged by limit, offset and after", "[auth][user_service]")
{
    auth_fixture auth;
    const user a = auth.add("a");
    auth.add("b");
    auth.add("c");
    const principal boss = auth.sign_in(auth.add("d", role::owner));
    const auto page = [&](std::optional<uuid> after, std::size_t limit, std::size_t offset) {
        user_list_request asked;
        asked.after = after;
        asked.limit = limit;
        asked.offset = offset;
        const auto listed = finish(auth.users.list(boss, std::move(asked), auth.from));
        REQUIRE(listed);
        CHECK(listed->count == 4);
        std::string seen;
        for (const user& one : listed->users)
            seen += one.username;
        return seen;
    };

    CHECK(page({}, 0, 0) == "abcd");
    CHECK(page({}, 2, 0) == "ab");
    CHECK(page({}, 2, 3) == "d");
    CHECK(page({}, 2, 9) == "");
    CHECK(page(a.id, 2, 0) == "bc");
    CHECK(page(random_uuid(), 0, 0) == "");
}

TEST_CASE("only owners and auditors read the audit trail", "[auth][audit_service]")
{
    auth_fixture auth;
    for (const auto& [roles, expected] :
         std::vector<std::pair<role_set, unsigned>>{{{}, 403},
                                                    {role::user_admin, 403},
                                                    {role::template_admin, 403},
                                                    {role::auditor, 0},
                                                    {role::owner, 0}}) {
        CAPTURE(int{roles.bits()});
        auth.audit.entries.clear();
        const principal caller = auth.sign_in(auth.add("u" + std::to_string(roles.bits()), roles));
        CHECK(status_of(finish(auth.audits.search(caller, {}, auth.from))) == expected);
        CHECK(auth.audit.entries.size() == (expected == 0 ? 0 : 1)); // the refusal is recorded
    }
    const user boss = auth.add("boss", role::owner);
    const principal scoped = auth.sign_in(boss, {{"api_key:*"}, {"*:*"}});
    CHECK(status_of(finish(auth.audits.search(scoped, {}, auth.from))) == 403);
}

TEST_CASE("the audit query becomes a search of the log", "[auth][audit_service]")
{
    auth_fixture auth;
    const principal bea = auth.sign_in(auth.add("Bea", role::auditor));
    const uuid request = random_uuid();
    audit_search_request asked;
    asked.query =
        "api_key action:create resource_target:MyToken username:me email:A@B.c date_from:2026-01-02 "
        "date_to:2026-01-03 request_id:" +
        to_string(request);
    asked.offset = 7;

    REQUIRE(finish(auth.audits.search(bea, asked, auth.from)));
    REQUIRE(auth.audit.asked);
    const audit_query& seen = *auth.audit.asked;
    CHECK(seen.resource_type == "api_key"); // a bare word
    CHECK(seen.action == "create");
    CHECK(seen.resource_target == "MyToken"); // the log compares without case
    CHECK(seen.username == "Bea");
    CHECK(seen.email == "a@b.c");
    CHECK(seen.request_id == request);
    CHECK(seen.from == parse_rfc3339("2026-01-02T00:00:00Z"));
    CHECK(seen.to == parse_rfc3339("2026-01-03T23:59:59.999999Z")); // inclusive
    CHECK(seen.limit == 100);
    CHECK(seen.offset == 7);
}

TEST_CASE("what does not exist here is found nowhere", "[auth][audit_service]")
{
    auth_fixture auth;
    const principal bea = auth.sign_in(auth.add("bea", role::auditor));
    REQUIRE(auth.create_token(bea, bea.account()));

    for (const char* query : {"organization:default", "build_reason:initiator"}) {
        CAPTURE(query);
        audit_search_request asked;
        asked.query = query;
        CHECK(finish(auth.audits.search(bea, asked, auth.from))->entries.empty());
    }
    CHECK(finish(auth.audits.search(bea, {}, auth.from))->entries.size() == 1);
}

TEST_CASE("a wrong audit query is refused with its fields", "[auth][audit_service]")
{
    auth_fixture auth;
    const principal bea = auth.sign_in(auth.add("bea", role::auditor));
    for (const auto& [query, field] :
         std::vector<std::pair<std::string, std::string>>{{"request_id:x", "request_id"},
                                                          {"resource_id:x", "resource_id"},
                                                          {"spaceship", "resource_type"},
                                                          {"action:fly", "action"},
                                                          {"date_from:2026-13-01", "date_from"},
                                                          {"date_to:tomorrow", "date_to"},
                                                          {"colour:red", "colour"}}) {
        CAPTURE(query);
        audit_search_request asked;
        asked.query = query;
        const auto refused = finish(auth.audits.search(bea, asked, auth.from));
        REQUIRE(!refused);
        CHECK(refused.error().status == 400);
        CHECK(refused.error().message == "Invalid audit search query.");
        REQUIRE(refused.error().validations.size() == 1);
        CHECK(refused.error().validations[0].field == field);
    }
}
