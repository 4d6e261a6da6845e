#include "server/authcheck_body.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

using namespace latchkey;

TEST_CASE("the questions of authcheck arrive sorted by name", "[server][json]")
{
    const auto parsed = parse_authcheck(R"({"Checks":{
        "b":{"object":{"resource_type":"api_key","owner_id":"me","any_org":true},"action":"create"},
        "a":{"OBJECT":{"resource_type":"user","resource_id":"x","organization_id":null},"action":"read"},
        "c":null}} trailing)");

    REQUIRE(parsed);
    REQUIRE(parsed->size() == 3);
    CHECK(parsed->at(0).name == "a");
    CHECK(parsed->at(0).resource_id == "x");
    CHECK(parsed->at(1).name == "b");
    CHECK(parsed->at(1).resource_type == "api_key");
    CHECK(parsed->at(1).owner_id == "me");
    CHECK(parsed->at(1).action == "create");
    CHECK(parsed->at(2).resource_type.empty());
}

TEST_CASE("an authcheck without questions has none", "[server][json]")
{
    for (const char* body : {"{}", "null", R"({"checks":null})", R"({"checks":{}})"}) {
        CAPTURE(body);
        const auto parsed = parse_authcheck(body);
        REQUIRE(parsed);
        CHECK(parsed->empty());
    }
}

TEST_CASE("a body of authcheck that does not fit is a 400 that says so", "[server][json]")
{
    for (const char* body : {"",
                             "{",
                             "[]",
                             "3",
                             R"({"checks":[]})",
                             R"({"checks":{"a":1}})",
                             R"({"checks":{"a":{"action":1}}})",
                             R"({"checks":{"a":{"object":[]}}})",
                             R"({"checks":{"a":{"object":{"resource_type":1}}}})"}) {
        CAPTURE(body);
        const auto parsed = parse_authcheck(body);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().status == 400);
        CHECK(parsed.error().message == "Request body must be valid JSON.");
        CHECK_FALSE(parsed.error().detail.empty());
    }
    CHECK(parse_authcheck("").error().detail == "EOF");
    CHECK(parse_authcheck("[]").error().detail ==
          "json: cannot unmarshal array into Go value of type codersdk.AuthorizationRequest");
    CHECK(parse_authcheck(R"({"checks":5})").error().detail ==
          "json: cannot unmarshal number into Go struct field AuthorizationRequest.checks of type "
          "map[string]codersdk.AuthorizationCheck");
    CHECK(parse_authcheck(R"({"checks":{"a":{"object":{"owner_id":true}}}})").error().detail ==
          "json: cannot unmarshal bool into Go struct field AuthorizationRequest.checks.object.owner_id of "
          "type "
          "string");
    CHECK(parse_authcheck(R"({"checks":{"a":{"object":{"any_org":"x"}}}})").error().detail ==
          "json: cannot unmarshal string into Go struct field AuthorizationRequest.checks.object.any_org of "
          "type "
          "bool");

    std::string deep;
    for (int level = 0; level < 100000; ++level)
        deep += R"({"checks":)";
    CHECK_FALSE(parse_authcheck(deep + "1" + std::string(100000, '}')));
}
