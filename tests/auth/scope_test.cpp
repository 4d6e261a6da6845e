#include "auth/scope.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace latchkey;

namespace {

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("the names of the catalogue lead back to their ids", "[auth][scope]")
{
    for (const resource_row& row : resource_catalogue()) {
        CAPTURE(row.name);
        CHECK(parse_resource_type(row.name) == row.type);
        CHECK(to_string(row.type) == row.name);
    }
    for (std::size_t i = 0; i < action_count; ++i) {
        const auto what = static_cast<action>(i);
        CAPTURE(to_string(what));
        CHECK(parse_action(to_string(what)) == what);
    }
    for (const char* unknown : {"", "User", "user ", "users", "zzz"}) {
        CAPTURE(unknown);
        CHECK_FALSE(parse_resource_type(unknown).has_value());
        CHECK_FALSE(parse_action(unknown).has_value());
    }
}

TEST_CASE("the external scopes are those of the contract, sorted, without aliases", "[auth][scope]")
{
    const texts expected{
        "api_key:*",
        "api_key:create",
        "api_key:delete",
        "api_key:read",
        "api_key:update",
        "chat_model_config:read",
        "coder:all",
        "coder:apikeys.manage_self",
        "coder:application_connect",
        "coder:templates.author",
        "coder:templates.build",
        "coder:workspaces.access",
        "coder:workspaces.create",
        "coder:workspaces.delete",
        "coder:workspaces.operate",
        "file:*",
        "file:create",
        "file:read",
        "organization:*",
        "organization:delete",
        "organization:read",
        "organization:update",
        "task:*",
        "task:create",
        "task:delete",
        "task:read",
        "task:update",
        "template:*",
        "template:create",
        "template:delete",
        "template:read",
        "template:update",
        "template:use",
        "user:*",
        "user:read",
        "user:read_personal",
        "user:update_personal",
        "user_memory:*",
        "user_memory:create",
        "user_memory:delete",
        "user_memory:read",
        "user_memory:update",
        "user_secret:*",
        "user_secret:create",
        "user_secret:delete",
        "user_secret:read",
        "user_secret:update",
        "user_skill:*",
        "user_skill:create",
        "user_skill:delete",
        "user_skill:read",
        "user_skill:update",
        "workspace:*",
        "workspace:application_connect",
        "workspace:create",
        "workspace:delete",
        "workspace:read",
        "workspace:ssh",
        "workspace:start",
        "workspace:stop",
        "workspace:update",
    };
    CHECK(external_scope_names() == expected);
    for (const std::string& name : external_scope_names()) {
        CAPTURE(name);
        CHECK(is_external_scope(name));
        CHECK(expand(name).has_value());
    }
}

TEST_CASE("what is no external scope cannot be asked for", "[auth][scope]")
{
    struct row {
        const char* scope;
        const char* reason;
    };
    const row rows[] = {
        {"", "empty"},
        {"debug_info:read", "exists, but is internal"},
        {"system:read", "exists, but is internal"},
        {"audit_log:read", "exists, but is internal"},
        {"user:create", "of a public resource, but not itself public"},
        {"workspace:share", "of a public resource, but not itself public"},
        {"*:*", "everything has another name"},
        {"*:read", "no scope spans all resources"},
        {"workspace", "no action"},
        {"workspace:", "no action"},
        {":read", "no resource"},
        {"workspace:fly", "no such action"},
        {"file:delete", "the action exists, but not for files"},
        {"Workspace:read", "names are exact"},
        {" workspace:read", "nothing is trimmed"},
        {"workspace:read ", "nothing is trimmed"},
        {"coder:everything", "no such composite"},
        {"coder:ALL", "names are exact"},
    };
    for (const row& row : rows) {
        CAPTURE(row.scope, row.reason);
        CHECK_FALSE(is_external_scope(row.scope));
    }
    CHECK(is_external_scope("all"));
    CHECK(is_external_scope("application_connect"));
}

TEST_CASE("a composite scope expands to the contract's permissions and no others", "[auth][scope]")
{
    struct row {
        const char* scope;
        texts parts; // the same, in low-level scopes
    };
    const row rows[] = {
        {"coder:workspaces.create",
         {"template:read",
          "template:use",
          "workspace:create",
          "workspace:read",
          "workspace:update",
          "workspace:start",
          "workspace:stop",
          "organization_member:read"}},
        {"coder:workspaces.operate",
         {"template:read",
          "workspace:start",
          "workspace:stop",
          "workspace:read",
          "workspace:update",
          "organization_member:read"}},
        {"coder:workspaces.delete",
         {"template:read", "template:use", "workspace:read", "workspace:delete", "organization_member:read"}},
        {"coder:workspaces.access",
         {"template:read",
          "workspace:read",
          "workspace:ssh",
          "workspace:application_connect",
          "organization_member:read"}},
        {"coder:templates.build", {"template:read", "file:create", "file:read", "provisioner_jobs:read"}},
        {"coder:templates.author",
         {"template:read",
          "template:create",
          "template:update",
          "template:delete",
          "template:view_insights",
          "file:create",
          "file:read"}},
        {"coder:apikeys.manage_self", {"api_key:read", "api_key:create", "api_key:update", "api_key:delete"}},
        {"coder:application_connect", {"workspace:application_connect"}},
        {"application_connect", {"workspace:application_connect"}},
    };
    for (const row& row : rows) {
        CAPTURE(row.scope);
        CHECK(expand(row.scope) == permissions_of(row.parts));
        CHECK_FALSE(expand(row.scope)->empty());
    }
    CHECK(expand("coder:all") == permission_set::everything());
    CHECK(expand("all") == permission_set::everything());
}

TEST_CASE("one scope covers another by permissions, and a wildcard only by a wildcard", "[auth][scope]")
{
    struct row {
        const char* held;
        const char* wanted;
        bool is_covered;
        const char* reason;
    };
    const row rows[] = {
        {"coder:all", "coder:all", true, "itself"},
        {"coder:all", "workspace:*", true, "everything covers a wildcard"},
        {"coder:all", "audit_log:read", true, "everything covers what is internal"},
        {"all", "coder:all", true, "an alias is its canonical name"},
        {"workspace:*", "coder:all", false, "one resource is not everything"},
        {"workspace:*", "workspace:ssh", true, "a wildcard covers its actions"},
        {"workspace:*", "workspace:share", true, "also those that cannot be asked for"},
        {"workspace:ssh", "workspace:*", false, "an action does not cover the wildcard"},
        {"coder:apikeys.manage_self", "api_key:*", false, "all actions are not the wildcard"},
        {"api_key:*", "coder:apikeys.manage_self", true, "a composite within a wildcard"},
        {"coder:workspaces.create", "workspace:read", true, "a part of a composite"},
        {"coder:workspaces.create", "workspace:ssh", false, "not a part of that composite"},
        {"coder:workspaces.create", "coder:workspaces.operate", true, "composite within composite"},
        {"coder:workspaces.operate", "coder:workspaces.create", false, "but not the other way"},
        {"user:*", "user_secret:read", false, "names that start alike are different resources"},
        {"coder:all", "nonsense", false, "the unknown is covered by nothing"},
        {"nonsense", "nonsense", false, "not even by itself"},
    };
    for (const row& row : rows) {
        CAPTURE(row.held, row.wanted, row.reason);
        CHECK(covers(row.held, row.wanted) == row.is_covered);
    }

    texts all_names = external_scope_names();
    std::erase(all_names, "coder:all");
    CHECK_FALSE(permissions_of(all_names).covers(*expand("coder:all")));
}

TEST_CASE("permission sets unite, intersect and answer", "[auth][scope]")
{
    const permission_set keys = *expand("api_key:*");
    const permission_set reading = *expand("api_key:read") | *expand("user:read");

    CHECK((keys & reading) == *expand("api_key:read"));
    CHECK((keys | reading).covers(keys));
    CHECK((keys & *expand("workspace:read")).empty());
    CHECK(reading.allows(resource_type::user, action::read));
    CHECK_FALSE(reading.allows(resource_type::user, action::update));
    CHECK_FALSE(reading.allows(resource_type::user, action::any));
    CHECK(keys.allows(resource_type::api_key, action::any));
    CHECK(permission_set{}.add_all_of(resource_type::api_key) == keys);
    CHECK((permission_set::everything() & reading) == reading);
    CHECK(permissions_of(texts{"user:read", "gone:read"}) == *expand("user:read"));
    CHECK(permissions_of(texts{}).empty());
}

TEST_CASE("a request's scopes come out canonical, once each, in their order", "[auth][scope]")
{
    struct row {
        texts scopes;
        const char* scope;
        texts canonical;
        const char* reason;
    };
    const row rows[] = {
        {{}, "", {}, "neither: inherits"},
        {{}, "all", {"coder:all"}, "the old field, old word"},
        {{}, "application_connect", {"coder:application_connect"}, "the old field, old word"},
        {{}, "workspace:read", {"workspace:read"}, "the old field takes every external name"},
        {{"all"}, "", {"coder:all"}, "the old word in the new field"},
        {{"coder:all", "all"}, "", {"coder:all"}, "an alias is a duplicate of its name"},
        {{"user:read", "api_key:read", "user:read"}, "", {"user:read", "api_key:read"}, "order kept"},
        {{"user:read"}, "debug_info:read", {"user:read"}, "scopes win: scope is not even looked at"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const auto canonical = canonical_scopes(row.scopes, row.scope);
        REQUIRE(canonical.has_value());
        CHECK(*canonical == row.canonical);
    }
}

TEST_CASE("a scope that cannot be asked for is named in the refusal", "[auth][scope]")
{
    struct row {
        texts scopes;
        const char* scope;
        const char* text;
        const char* reason;
    };
    const row rows[] = {
        {{"user:read", "debug_info:read", "x"},
         "",
         R"(invalid or unsupported API key scope: "debug_info:read")",
         "the first one"},
        {{}, "system:read", R"(invalid or unsupported API key scope: "system:read")", "the old field"},
        {{""}, "", R"(invalid or unsupported API key scope: "")", "an empty name is a name"},
        {{"a\"\n"}, "", R"(invalid or unsupported API key scope: "a\"\n")", "quoted as Go does"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        const auto refused = canonical_scopes(row.scopes, row.scope);
        REQUIRE(refused.has_error());
        CHECK(refused.error().text == row.text);
    }
}

TEST_CASE("the deprecated scope field is a view of the scopes", "[auth][scope]")
{
    CHECK(legacy_scope_view(texts{"coder:all"}) == "all");
    CHECK(legacy_scope_view(texts{"coder:application_connect"}) == "application_connect");
    CHECK(legacy_scope_view(texts{"coder:all", "coder:application_connect"}) == "application_connect");
    CHECK(legacy_scope_view(texts{"user:read", "coder:all"}) == "all");
    CHECK(legacy_scope_view(texts{"user:read"}).empty());
    CHECK(legacy_scope_view(texts{"workspace:application_connect"}).empty());
}

TEST_CASE("a new key's scopes lie within the union of the creating key's", "[auth][scope]")
{
    using outcome = coverage::outcome;
    struct row {
        texts child;
        texts parent;
        outcome what;
        const char* reason;
    };
    const row rows[] = {
        {{"coder:all"}, {"coder:all"}, outcome::covered, "everything by everything"},
        {{"coder:all"}, {"api_key:*", "user:*"}, outcome::exceeds, "the escalation this rule is for"},
        {{"all"}, {"all"}, outcome::covered, "old words are canonicalised"},
        {{"coder:workspaces.operate"},
         {"template:read", "coder:workspaces.create"},
         outcome::covered,
         "by the union of permissions, not by name"},
        {{"coder:templates.build"}, {"template:read", "file:*"}, outcome::exceeds, "one part is missing"},
        {{"api_key:*"},
         {"api_key:read", "api_key:create", "api_key:update", "api_key:delete"},
         outcome::exceeds,
         "a wildcard only by a wildcard"},
        {{"user:read"}, {"user:read", "gone:read"}, outcome::undetermined, "an unknown name in the parent"},
        {{"gone:read"}, {"coder:all"}, outcome::undetermined, "an unknown name in the child"},
        {{}, {"user:read"}, outcome::covered, "nothing lies within anything"},
    };
    for (const row& row : rows) {
        INFO(row.reason);
        CHECK(scopes_covered(row.child, row.parent).what == row.what);
    }

    CHECK(scopes_covered(texts{"api_key:read", "user:*", "file:*"}, texts{"api_key:*", "user:read"}).text ==
          R"(exceeds the creating API key: scope "user:*" is not among its scopes [api_key:* user:read]; )"
          "request a subset, or authenticate with a key that holds it");
    CHECK(scopes_covered(texts{"gone:read"}, texts{"coder:all"}).text ==
          "scope coverage could not be determined");
    CHECK(scopes_covered(texts{"user:read"}, texts{"coder:all"}).text.empty());
}
