// Contract 1.2, with A2, A4 to A6 and A18.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

constexpr std::int64_t second = 1'000'000; // microseconds
constexpr std::int64_t hour = 3600 * second;
constexpr std::string_view system_user = "c42fdf75-3097-471c-8c33-fb52454d81c0";

} // namespace

TEST_CASE("creating a token answers 201 with the token and nothing else", "[wire][create]")
{
    wire_fixture& wire = any_wire();

    const http_answer created = wire.post(tokens_path("me"), wire.member.token, "{}");

    CHECK(created.status == 201);
    const auto body = parsed(created);
    CHECK(field_names(body) == std::vector<std::string>{"key"});
    const std::string token = text(body, "key");
    CHECK(token.size() == 33);
    CHECK(token[10] == '-');
    CHECK(token.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-") ==
          std::string::npos);
    CHECK(created.body == "{\"key\":\"" + token + "\"}\n");
    CHECK(created.count("set-cookie") == 0);
    CHECK(wire.get("/api/v2/users/me", token).status == 200);
}

TEST_CASE("a create request that fails a check gets the answer of that check", "[wire][create]")
{
    struct row {
        std::string_view body;
        std::string_view message;
        std::string_view detail;
        std::string_view reason;
    };
    wire_fixture& wire = any_wire();
    const row rows[] = {
        {"", not_json, "EOF", "row 1: an empty body"},
        {R"({"lifetime":"24h"})",
         not_json,
         "json: cannot unmarshal string into Go struct field CreateTokenRequest.lifetime of type "
         "time.Duration",
         "row 1: a lifetime as text"},
        {R"({"lifetime":1.5})",
         not_json,
         "json: cannot unmarshal number 1.5 into Go struct field CreateTokenRequest.lifetime of type "
         "time.Duration",
         "row 1: a fraction"},
        {R"({"scopes":["debug_info:read"]})",
         create_failed,
         R"(invalid or unsupported API key scope: "debug_info:read")",
         "row 3a: internal scope"},
        {R"({"scopes":["api_key:read","Coder:All"]})",
         create_failed,
         R"(invalid or unsupported API key scope: "Coder:All")",
         "row 3a: names are exact"},
        {R"({"scope":"system:read"})",
         create_failed,
         R"(invalid or unsupported API key scope: "system:read")",
         "row 3b"},
        {R"({"scopes":["x"],"lifetime":-1})",
         create_failed,
         R"(invalid or unsupported API key scope: "x")",
         "row 3 before row 5"},
        {R"({"lifetime":-1})",
         invalid_create,
         "lifetime must be positive number greater than 0",
         "row 5: negative"},
        {R"({"lifetime":3155760000000000001})",
         invalid_create,
         "lifetime must be less than 876600h0m0s",
         "row 6: one nanosecond above the maximum"},
    };
    for (const row& each : rows) {
        INFO(each.reason);
        check_error(
            wire.post(tokens_path("me"), wire.member.token, each.body), 400, each.message, each.detail);
    }
}

TEST_CASE("a lifetime below one second is refused", "[wire][create]") // A4
{
    wire_fixture& wire = any_wire();
    for (const std::string_view body : {R"({"lifetime":1})", R"({"lifetime":999999999})"}) {
        const http_answer refused = wire.post(tokens_path("me"), wire.member.token, body);
        CHECK(refused.status == 400);
        CHECK(text(parsed(refused), "message") == invalid_create);
    }
    CHECK(wire.post(tokens_path("me"), wire.member.token, R"({"lifetime":1000000000})").status == 201);
}

TEST_CASE("nobody creates keys for the system user", "[wire][create]") // row 2, A18
{
    wire_fixture& wire = any_wire();
    check_forbidden(wire.post(tokens_path(system_user), wire.owner.token, "{}"));
    check_forbidden(wire.post(keys_path(system_user), wire.owner.token, ""));
    check_forbidden(wire.post(tokens_path(system_user), wire.owner.token, R"({"scopes":["x"]})"));
}

TEST_CASE("a lifetime as long as the maximum is allowed", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    CHECK(wire.post(tokens_path("me"), wire.member.token, R"({"lifetime":3155760000000000000})").status ==
          201);
    CHECK(wire.post(tokens_path("me"), wire.owner.token, R"({"lifetime":604800000000000})").status == 201);
}

TEST_CASE("the maximum lifetime is that of the target's roles", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    const std::string_view beyond_owners = R"({"lifetime":604800000000001})";

    check_error(wire.post(tokens_path("me"), wire.owner.token, beyond_owners),
                400,
                invalid_create,
                "lifetime must be less than 168h0m0s");
    CHECK(wire.post(tokens_path(wire.member.username), wire.owner.token, beyond_owners).status == 201);
}

TEST_CASE("the scopes of a new token are those asked for, canonical and in order", "[wire][create]")
{
    struct row {
        std::string_view body;
        std::vector<std::string> scopes;
        std::string_view scope;
        std::string_view reason;
    };
    wire_fixture& wire = any_wire();
    const row rows[] = {
        {"{}", {"coder:all"}, "all", "neither: everything"},
        {R"({"scope":"all"})", {"coder:all"}, "all", "legacy word"},
        {R"({"scope":"application_connect"})",
         {"coder:application_connect"},
         "application_connect",
         "legacy word"},
        {R"({"scope":"api_key:read"})", {"api_key:read"}, "", "other external name, as is"},
        {R"({"scopes":["user:read","api_key:read"]})", {"user:read", "api_key:read"}, "", "order kept"},
        {R"({"scopes":["user:read"],"scope":"nonsense"})", {"user:read"}, "", "scopes wins silently"},
        {R"({"scopes":[],"scope":"user:read"})", {"user:read"}, "", "empty scopes do not count"},
        {R"({"scopes":["all"]})", {"coder:all"}, "all", "A6: canonical"},
        {R"({"scopes":["all","coder:all","user:read","user:read"]})",
         {"coder:all", "user:read"},
         "all",
         "A6: duplicates removed"},
        {R"({"scopes":["coder:all","coder:application_connect"]})",
         {"coder:all", "coder:application_connect"},
         "application_connect",
         "1.5: application_connect first"},
    };
    for (const row& each : rows) {
        INFO(each.reason);
        const auto key = key_of(wire, wire.member, wire.new_token(wire.member, each.body));
        CHECK(texts(key, "scopes") == each.scopes);
        CHECK(text(key, "scope") == each.scope);
    }
}

TEST_CASE("a token without a name gets one made of two words and digits", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    for (const std::string_view body : {"{}", R"({"token_name":""})", R"({"token_name":null})"}) {
        const auto key = key_of(wire, wire.member, wire.new_token(wire.member, body));
        const std::string name = text(key, "token_name");
        INFO(name);
        const std::size_t underscore = name.find('_');
        REQUIRE(underscore != std::string::npos);
        CHECK(underscore > 0);
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos);
        CHECK(name.find_first_of("0123456789") > underscore);
        CHECK(std::isdigit(static_cast<unsigned char>(name.back())));
    }
}

TEST_CASE("any text may be a token's name, and letter case counts", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string long_name(5000, 'n');
    for (const std::string& name : {std::string{"ci"},
                                    std::string{"CI"},
                                    std::string{" "},
                                    std::string{"\u00e9\u20ac <b>&amp; / ? # %41"},
                                    long_name}) {
        std::string body = "{\"token_name\":" + json::serialize(json::value(name)) + "}";
        const auto key = key_of(wire, holder, wire.new_token(holder, body));
        CHECK(text(key, "token_name") == name);
    }
}

TEST_CASE("a name that the user's tokens have already is refused with 409", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string first = wire.new_token(holder, named("foo"));
    const auto refused = [&wire, &holder] {
        check_error(wire.post(tokens_path("me"), holder.token, named("foo")),
                    409,
                    R"(A token with name "foo" already exists.)",
                    {},
                    {{"name", "This value is already in use and should be unique."}});
    };
    refused();

    SECTION("an expired one that is still stored counts")
    {
        REQUIRE(wire.call("PUT", keys_path("me") + "/" + id_of(first) + "/expire", holder.token).status ==
                204);
        refused();
    }
    SECTION("a deleted one does not")
    {
        REQUIRE(wire.call("DELETE", keys_path("me") + "/" + id_of(first), holder.token).status == 204);
        CHECK(wire.post(tokens_path("me"), holder.token, named("foo")).status == 201);
    }
    SECTION("another user's does not")
    {
        CHECK(wire.post(tokens_path("me"), wire.new_user().token, named("foo")).status == 201);
    }
}

TEST_CASE("a new token expires after its lifetime, which is kept in whole seconds", "[wire][create]")
{
    struct row {
        std::string_view body;
        std::int64_t lifetime_seconds;
        std::int64_t lifetime; // microseconds
    };
    wire_fixture& wire = any_wire();
    const row rows[] = {
        {"{}", 7 * 24 * 3600, 7 * 24 * hour},
        {R"({"lifetime":0})", 7 * 24 * 3600, 7 * 24 * hour},
        {R"({"lifetime":3600000000000})", 3600, hour},
        {R"({"lifetime":1999000000})", 1, 1'999'000},
    };
    for (const row& each : rows) {
        CAPTURE(each.body);
        const auto key = key_of(wire, wire.member, wire.new_token(wire.member, each.body));
        CHECK(key.at("lifetime_seconds").as_int64() == each.lifetime_seconds);
        CHECK(instant(key, "expires_at") - instant(key, "created_at") == each.lifetime);
        CHECK(text(key, "updated_at") == text(key, "created_at"));
    }
}

TEST_CASE("a default lifetime above the maximum is cut to it", "[wire][create]") // A5
{
    wire_fixture wire{
        engine::memory,
        {"--default-token-lifetime=48h", "--max-token-lifetime=24h", "--max-admin-token-lifetime=1h"}};

    CHECK(key_of(wire, wire.member, wire.new_token(wire.member)).at("lifetime_seconds").as_int64() == 86400);
    CHECK(key_of(wire, wire.owner, wire.new_token(wire.owner)).at("lifetime_seconds").as_int64() == 3600);
}

TEST_CASE("creating for a visible user without the right to is 403", "[wire][create]") // A2
{
    wire_fixture& wire = any_wire();
    for (const account* caller : {&wire.user_admin, &wire.auditor, &wire.template_admin}) {
        check_forbidden(wire.post(tokens_path(wire.member.username), caller->token, "{}"));
        check_forbidden(wire.post(keys_path(wire.member.username), caller->token, ""));
    }
    // Bad bodies come first: row 1 before the right to create.
    check_error(
        wire.post(tokens_path(wire.member.username), wire.user_admin.token, ""), 400, not_json, "EOF");
}

TEST_CASE("the fields of a create request are found without case, and unknown ones ignored", "[wire][create]")
{
    wire_fixture& wire = any_wire();
    const std::string name = wire.fresh_name("cased");
    const auto key =
        key_of(wire,
               wire.member,
               wire.new_token(wire.member,
                              R"({"Token_Name":")" + name +
                                  R"(","LIFETIME":7200000000000,"user_id":"x","nested":{"lifetime":"1"}})"));
    CHECK(text(key, "token_name") == name);
    CHECK(key.at("lifetime_seconds").as_int64() == 7200);
}
