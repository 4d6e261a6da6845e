// Contract 8.5, and what clients of 9.3 ask for besides.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

http_answer check_rights(wire_fixture& wire, const account& caller, std::string_view checks)
{
    return wire.post(
        "/api/v2/authcheck", caller.token, std::string{R"({"checks":)"}.append(checks).append("}"));
}

} // namespace

TEST_CASE("the server tells that it is there without a credential", "[wire][info]")
{
    wire_fixture& wire = any_wire();
    const http_answer health = wire.get("/healthz");
    CHECK(health.status == 200);
    CHECK(health.body == "OK");
    CHECK(health.header("content-type").starts_with("text/plain"));
    CHECK(wire.get("/readyz").status == 200);
    CHECK(text(parsed(wire.get("/latency-check")), "message") == "OK");
    CHECK(text(parsed(wire.get("/api/v2/")), "message") == "\U0001f44b");
    CHECK(text(parsed(wire.get("/api/v2")), "message") == "\U0001f44b");
}

TEST_CASE("buildinfo has the fields clients parse", "[wire][info]")
{
    wire_fixture& wire = any_wire();
    const auto info = parsed(wire.get("/api/v2/buildinfo"));
    CHECK(field_names(info) == std::vector<std::string>{"agent_api_version",
                                                        "dashboard_url",
                                                        "deployment_id",
                                                        "external_url",
                                                        "provisioner_api_version",
                                                        "telemetry",
                                                        "upgrade_message",
                                                        "version",
                                                        "webpush_public_key",
                                                        "workspace_proxy"});
    CHECK(text(info, "version").starts_with("v"));
}

TEST_CASE("entitlements can be read by whoever is signed in", "[wire][info]") // 9.3
{
    wire_fixture& wire = any_wire();
    CHECK(wire.get("/api/v2/entitlements", wire.member.token).status == 200);
    CHECK(wire.get("/api/v2/entitlements").status == 401);
}

TEST_CASE("authcheck answers each question by its key, sorted as Go sorts maps", "[wire][info]")
{
    wire_fixture& wire = any_wire();
    const std::string_view checks =
        R"({"own":{"object":{"resource_type":"api_key","owner_id":"me"},"action":"create"},)"
        R"("all":{"object":{"resource_type":"api_key"},"action":"read"},)"
        R"("audit":{"object":{"resource_type":"audit_log"},"action":"read"},)"
        R"("odd":{"object":{"resource_type":"spaceship"},"action":"read"}})";

    CHECK(check_rights(wire, wire.member, checks).body ==
          "{\"all\":false,\"audit\":false,\"odd\":false,\"own\":true}\n");
    CHECK(check_rights(wire, wire.auditor, checks).body ==
          "{\"all\":false,\"audit\":true,\"odd\":false,\"own\":true}\n");
    CHECK(check_rights(wire, wire.owner, checks).body ==
          "{\"all\":true,\"audit\":true,\"odd\":false,\"own\":true}\n");
    CHECK(wire.post("/api/v2/authcheck", {}, R"({"checks":{}})").status == 401);
    CHECK(check_rights(wire, wire.member, "{}").body == "{}\n");
}

TEST_CASE("authcheck refuses a check without a type, and more than ten by id", "[wire][info]")
{
    wire_fixture& wire = any_wire();
    check_error(check_rights(wire, wire.member, R"({"k":{"object":{},"action":"read"}})"),
                400,
                R"(Object's "resource_type" field must be defined for key "k".)");

    std::string many = "{";
    for (int i = 0; i < 11; ++i)
        many += (i ? ",\"k" : "\"k") + std::to_string(i) +
                R"(":{"object":{"resource_type":"user","resource_id":")" + wire.member.id +
                R"("},"action":"read"})";
    CHECK(check_rights(wire, wire.member, many + "}").status == 400);
}
