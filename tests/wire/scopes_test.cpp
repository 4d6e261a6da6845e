// Contract 5: scopes and allow lists.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

constexpr std::string_view an_id = "11111111-2222-4333-8444-555555555555";
constexpr std::string_view another_id = "00000000-2222-4333-8444-555555555555";

// Every name of the tables of contract 5.1 and 5.2.
const std::vector<std::string>& external_names()
{
    static const std::vector<std::string> names = [] {
        const std::pair<std::string_view, std::vector<std::string_view>> families[] = {
            {"workspace",
             {"read", "create", "update", "delete", "ssh", "start", "stop", "application_connect", "*"}},
            {"template", {"read", "create", "update", "delete", "use", "*"}},
            {"api_key", {"read", "create", "update", "delete", "*"}},
            {"file", {"read", "create", "*"}},
            {"user", {"read", "read_personal", "update_personal", "*"}},
            {"user_secret", {"read", "create", "update", "delete", "*"}},
            {"user_skill", {"read", "create", "update", "delete", "*"}},
            {"user_memory", {"read", "create", "update", "delete", "*"}},
            {"task", {"create", "read", "update", "delete", "*"}},
            {"organization", {"read", "update", "delete", "*"}},
            {"chat_model_config", {"read"}},
            {"coder",
             {"all",
              "application_connect",
              "workspaces.create",
              "workspaces.operate",
              "workspaces.delete",
              "workspaces.access",
              "templates.build",
              "templates.author",
              "apikeys.manage_self"}},
        };
        std::vector<std::string> all;
        for (const auto& [family, actions] : families)
            for (const std::string_view action : actions)
                all.push_back(std::string{family}.append(":").append(action));
        return all;
    }();
    return names;
}

std::string list_body(std::string_view field, const std::vector<std::string>& entries)
{
    json::array array(entries.begin(), entries.end());
    return json::serialize(json::value{{field, array}});
}

std::string detail_of(wire_fixture& wire, const std::vector<std::string>& entries, std::string_view message)
{
    const http_answer refused =
        wire.post(tokens_path("me"), wire.member.token, list_body("allow_list", entries));
    CHECK(refused.status == 400);
    const auto body = parsed(refused);
    CHECK(text(body, "message") == message);
    return text(body, "detail");
}

} // namespace

TEST_CASE("every external scope may be asked for and is listed", "[wire][scopes]") // 5.1, 5.2
{
    wire_fixture& wire = any_wire();
    const auto listed = texts(parsed(wire.get("/api/v2/auth/scopes")), "external");
    for (const std::string& name : external_names()) {
        CAPTURE(name);
        CHECK(std::ranges::count(listed, name) == 1);
        CHECK(wire.post(tokens_path("me"), wire.member.token, list_body("scopes", {name})).status == 201);
    }
}

TEST_CASE("the list of scopes is sorted, open to all, and without aliases", "[wire][scopes]") // 5.4
{
    wire_fixture& wire = any_wire();
    const http_answer answer = wire.get("/api/v2/auth/scopes");

    CHECK(answer.status == 200);
    const auto body = parsed(answer);
    CHECK(field_names(body) == std::vector<std::string>{"external"});
    const auto names = texts(body, "external");
    CHECK(std::ranges::is_sorted(names));
    CHECK(std::ranges::count(names, "all") + std::ranges::count(names, "application_connect") == 0);
    CHECK(wire.get("/api/v2/auth/scopes", wire.member.token).body == answer.body);
}

TEST_CASE("scopes that are not external are refused", "[wire][scopes]")
{
    wire_fixture& wire = any_wire();
    for (const char* name : {"debug_info:read",
                             "system:read",
                             "*:*",
                             "api_key",
                             "api_key:",
                             " api_key:read",
                             "",
                             "audit_log:read"}) {
        CAPTURE(name);
        check_error(wire.post(tokens_path("me"), wire.member.token, list_body("scopes", {name})),
                    400,
                    create_failed,
                    std::string{"invalid or unsupported API key scope: \""}.append(name).append("\""));
    }
}

TEST_CASE("allow-list entries of the wrong shape are refused while decoding", "[wire][scopes]") // 5.5
{
    wire_fixture& wire = any_wire();
    CHECK(contains(detail_of(wire, {"workspace"}, not_json),
                   R"(invalid allow_list entry "workspace": want <type>:<id>)"));
    CHECK(contains(detail_of(wire, {":*"}, not_json), R"(invalid allow_list entry ":*": want <type>:<id>)"));
    CHECK(contains(detail_of(wire, {"workspace:"}, not_json), R"(want <type>:<id>)"));
    CHECK(contains(detail_of(wire, {"spaceship:*"}, not_json), R"(unknown resource type "spaceship")"));
    CHECK(
        contains(detail_of(wire, {"workspace:7"}, not_json), R"(invalid workspace ID (must be UUID): "7")"));
}

TEST_CASE("an allow list has at most 128 entries once it is normalised", "[wire][scopes]")
{
    wire_fixture& wire = any_wire();
    std::vector<std::string> entries;
    for (int i = 0; i < 129; ++i) {
        const std::string digits = std::to_string(1000 + i);
        entries.push_back("workspace:11111111-2222-4333-8444-55555555" + digits);
    }

    CHECK(detail_of(wire, entries, create_failed) == "allow_list has 129 entries; max allowed is 128");
    entries.back() = entries.front(); // a duplicate does not count
    CHECK(wire.post(tokens_path("me"), wire.member.token, list_body("allow_list", entries)).status == 201);
    entries.back() = "workspace:*";
    CHECK(wire.post(tokens_path("me"), wire.member.token, list_body("allow_list", entries)).status == 201);
}

TEST_CASE("allow lists are normalised", "[wire][scopes]")
{
    struct row {
        std::vector<std::string> asked;
        std::vector<std::string> kept;
        std::string_view reason;
    };
    const std::string low = "workspace:" + std::string{another_id};
    const std::string high = "workspace:" + std::string{an_id};
    wire_fixture& wire = any_wire();
    const row rows[] = {
        {{}, {"*:*"}, "empty is everything"},
        {{high, "*:*", "template:*"}, {"*:*"}, "*:* collapses the list"},
        {{high, "workspace:*", low}, {"workspace:*"}, "type:* swallows its ids"},
        {{high, low, high}, {low, high}, "duplicates dropped, sorted by id"},
        {{"workspace:*", "api_key:*"}, {"api_key:*", "workspace:*"}, "sorted by type"},
    };
    for (const row& each : rows) {
        INFO(each.reason);
        const std::string token = wire.new_token(wire.member, list_body("allow_list", each.asked));
        CHECK(texts(parsed(wire.get(keys_path("me") + "/" + id_of(token), wire.member.token)),
                    "allow_list") == each.kept);
    }
}

TEST_CASE("an allow list narrows what its key may do", "[wire][scopes]")
{
    wire_fixture& wire = any_wire();
    const std::string own = wire.new_token(wire.member, list_body("allow_list", {"user:" + wire.member.id}));
    CHECK(wire.get("/api/v2/users/me", own).status == 200);
    check_not_found(wire.get(keys_path("me") + "/" + id_of(own), own));

    const std::string strangers =
        wire.new_token(wire.member, list_body("allow_list", {"user:" + wire.owner.id}));
    check_not_found(wire.get("/api/v2/users/me", strangers));

    const std::string templates = wire.new_token(wire.member, list_body("allow_list", {"template:*"}));
    check_not_found(wire.get("/api/v2/users/me", templates));
}
