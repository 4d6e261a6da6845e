// Contract 5.2: what the composite scopes stand for, seen in what a key that has one may hand on (1.3).
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

struct composite {
    std::string name;
    std::vector<std::string> holds; // of the external low-level scopes
};

const composite composites[] = {
    {"coder:workspaces.create",
     {"template:read",
      "template:use",
      "workspace:create",
      "workspace:read",
      "workspace:update",
      "workspace:start",
      "workspace:stop"}},
    {"coder:workspaces.operate",
     {"template:read", "workspace:start", "workspace:stop", "workspace:read", "workspace:update"}},
    {"coder:workspaces.delete", {"template:read", "template:use", "workspace:read", "workspace:delete"}},
    {"coder:workspaces.access",
     {"template:read", "workspace:read", "workspace:ssh", "workspace:application_connect"}},
    {"coder:templates.build", {"template:read", "file:create", "file:read"}},
    {"coder:templates.author",
     {"template:read", "template:create", "template:update", "template:delete", "file:create", "file:read"}},
    {"coder:apikeys.manage_self", {"api_key:read", "api_key:create", "api_key:update", "api_key:delete"}},
    {"coder:application_connect", {"workspace:application_connect"}},
};

const std::vector<std::string> probes = {"template:read",
                                         "template:use",
                                         "template:create",
                                         "template:update",
                                         "template:delete",
                                         "workspace:create",
                                         "workspace:read",
                                         "workspace:update",
                                         "workspace:delete",
                                         "workspace:ssh",
                                         "workspace:start",
                                         "workspace:stop",
                                         "workspace:application_connect",
                                         "file:create",
                                         "file:read",
                                         "organization:read",
                                         "task:read",
                                         "user_secret:read",
                                         "workspace:*",
                                         "template:*",
                                         "file:*"};

std::string scopes_body(const std::vector<std::string>& scopes)
{
    const json::array array(scopes.begin(), scopes.end());
    return json::serialize(json::value{{"scopes", array}});
}

} // namespace

TEST_CASE("a composite scope holds the permissions of its row and no others", "[wire][scopes]")
{
    wire_fixture& wire = wire_fixture::over(engine::memory);
    for (const auto& [name, holds] : composites) {
        const std::string parent =
            wire.new_token(wire.member, scopes_body({name, "user:read", "api_key:create", "api_key:read"}));
        for (const std::string& probe : probes) {
            CAPTURE(name, probe);
            const bool held = std::ranges::count(holds, probe) == 1;
            CHECK(wire.post(tokens_path("me"), parent, scopes_body({probe})).status == (held ? 201 : 403));
        }
        for (const std::string& held : holds)
            CHECK(wire.post(tokens_path("me"), parent, scopes_body({held})).status == 201);
    }
}

TEST_CASE("coder:all holds every scope", "[wire][scopes]")
{
    wire_fixture& wire = wire_fixture::over(engine::memory);
    const std::string parent = wire.new_token(wire.member, scopes_body({"coder:all"}));
    for (const std::string& probe : probes) {
        CAPTURE(probe);
        CHECK(wire.post(tokens_path("me"), parent, scopes_body({probe})).status == 201);
    }
}
