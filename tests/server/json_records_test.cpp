#include "server/json_bodies.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace std::chrono_literals;

namespace {

const uuid owner_id = *parse_uuid("11111111-2222-4333-8444-555555555555");
const time_point noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 12h};

key_listing sample_key()
{
    key_listing listing;
    listing.key.id = *key_id::parse("abcDEF0123");
    listing.key.owner = owner_id;
    listing.key.created_at = noon;
    listing.key.expires_at = noon + 24h + 120ms;
    listing.key.lifetime = 86400s;
    listing.key.name = "ci <main>";
    listing.key.rights = std::make_shared<const key_rights>(key_rights{{"coder:all"}, {"*:*"}});
    listing.username = "alice";
    return listing;
}

std::string shown(void (*append)(std::string&, const key_listing&), const key_listing& listing)
{
    std::string json;
    append(json, listing);
    return json;
}

} // namespace

TEST_CASE("a key is shown with its fields in the order of the contract", "[server][json]")
{
    CHECK(shown(append_key, sample_key()) ==
          R"({"id":"abcDEF0123","user_id":"11111111-2222-4333-8444-555555555555",)"
          R"("last_used":"1970-01-01T00:00:00Z","expires_at":"2026-01-03T12:00:00.12Z",)"
          R"("created_at":"2026-01-02T12:00:00Z","updated_at":"2026-01-02T12:00:00Z","login_type":"token",)"
          R"("scope":"all","scopes":["coder:all"],"token_name":"ci \u003cmain\u003e",)"
          R"("lifetime_seconds":86400,"allow_list":["*:*"]})");
}

TEST_CASE("a listed token carries its owner's name behind its own fields", "[server][json]")
{
    const std::string json = shown(append_listed_token, sample_key());

    CHECK(json.ends_with(R"("allow_list":["*:*"],"username":"alice"})"));
}

TEST_CASE("the legacy scope field shows only the two legacy scopes", "[server][json]")
{
    key_listing listing = sample_key();
    listing.key.rights =
        std::make_shared<const key_rights>(key_rights{{"coder:all", "coder:application_connect"}, {"*:*"}});
    CHECK(shown(append_key, listing).find(R"("scope":"application_connect")") != std::string::npos);

    listing.key.rights = std::make_shared<const key_rights>(key_rights{{"api_key:read"}, {"*:*"}});
    CHECK(shown(append_key, listing).find(R"("scope":"","scopes":["api_key:read"])") != std::string::npos);
}

TEST_CASE("a user is shown without the fields that are empty", "[server][json]")
{
    user account;
    account.id = owner_id;
    account.username = "alice";
    account.email = "alice@example.com";
    account.created_at = account.updated_at = account.last_seen_at = noon;
    std::string plain;
    append_user(plain, account);
    CHECK(plain == R"({"id":"11111111-2222-4333-8444-555555555555","username":"alice",)"
                   R"("email":"alice@example.com","created_at":"2026-01-02T12:00:00Z",)"
                   R"("updated_at":"2026-01-02T12:00:00Z","last_seen_at":"2026-01-02T12:00:00Z",)"
                   R"("status":"active","login_type":"password","organization_ids":[],"roles":[],)"
                   R"("has_ai_seat":false})");

    account.name = "Alice A.";
    account.is_service_account = true;
    account.roles.add(role::owner);
    std::string full;
    append_user(full, account);
    CHECK(full.find(R"("username":"alice","name":"Alice A.","email")") != std::string::npos);
    CHECK(full.find(R"("login_type":"password","is_service_account":true,"organization_ids")") !=
          std::string::npos);
    CHECK(full.find(R"("roles":[{"name":"owner","display_name":"Owner"}])") != std::string::npos);
}

TEST_CASE("an audit entry is described by a template with placeholders", "[server][json]")
{
    struct row {
        std::string_view action;
        std::string_view type;
        int status;
        std::string_view description;
    };
    const auto [action, type, status, description] = GENERATE(values<row>({
        {"create", "api_key", 201, "{user} created token {target}"},
        {"delete", "api_key", 204, "{user} deleted token {target}"},
        {"write", "api_key", 204, "{user} updated token {target}"},
        {"create", "api_key", 403, "{user} unsuccessfully attempted to create token {target}"},
        {"login", "api_key", 201, "{user} logged in"},
        {"logout", "api_key", 200, "{user} logged out"},
        {"login", "api_key", 401, "{user} unsuccessfully attempted to login"},
        {"create", "user", 201, "{user} created user {target}"},
        {"read", "audit_log", 403, "{user} unsuccessfully attempted to read audit log {target}"},
    }));
    audit_entry entry;
    entry.action = action;
    entry.resource_type = type;
    entry.status = status;

    std::string json;
    append_audit_entry(json, entry, nullptr, false);

    CHECK(json.find(std::string{R"("description":")"}.append(description).append("\"")) != std::string::npos);
}

TEST_CASE("an audit entry is shown with its fields in the order of the contract", "[server][json]")
{
    audit_entry entry;
    entry.id = owner_id;
    entry.time = noon;
    entry.actor = owner_id;
    entry.actor_username = "alice";
    entry.actor_email = "alice@example.com";
    entry.action = "create";
    entry.resource_type = "api_key";
    entry.resource_id = owner_id;
    entry.resource_target = "ci";
    entry.status = 201;
    entry.address = "127.0.0.1";
    entry.user_agent = "curl";
    entry.diff = R"({"token_name":{"old":"","new":"ci","secret":false}})";
    std::string json;
    append_audit_entry(json, entry, nullptr, false);
    CHECK(
        json ==
        R"({"id":"11111111-2222-4333-8444-555555555555","request_id":"00000000-0000-0000-0000-000000000000",)"
        R"("time":"2026-01-02T12:00:00Z","ip":"127.0.0.1","user_agent":"curl","resource_type":"api_key",)"
        R"("resource_id":"11111111-2222-4333-8444-555555555555","resource_target":"ci","resource_icon":"",)"
        R"("action":"create","diff":{"token_name":{"old":"","new":"ci","secret":false}},"status_code":201,)"
        R"("additional_fields":{},"description":"{user} created token {target}","resource_link":"",)"
        R"("is_deleted":false,"organization_id":"00000000-0000-0000-0000-000000000000",)"
        R"("user":{"id":"11111111-2222-4333-8444-555555555555","username":"alice","email":"alice@example.com"}})");

    entry.actor.reset();
    std::string nobody;
    append_audit_entry(nobody, entry, nullptr, false);
    CHECK(nobody.ends_with(R"("user":null})"));
}
