#include "server/json_bodies.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;

namespace {

template <class Body>
std::vector<std::pair<std::string, std::string>> faults_of(const outcome<Body>& parsed)
{
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().status == 400);
    CHECK(parsed.error().message == "Validation failed.");
    std::vector<std::pair<std::string, std::string>> faults;
    for (const auto& [field, detail] : parsed.error().validations)
        faults.emplace_back(field, detail);
    return faults;
}

using faults = std::vector<std::pair<std::string, std::string>>;

std::string required()
{
    return R"(Validation failed for tag "required" with value: "")";
}

} // namespace

TEST_CASE("required fields that are missing are named, each in the order of the struct", "[server][json]")
{
    CHECK(faults_of(parse_first_user("{}")) ==
          faults{{"email", required()}, {"username", required()}, {"password", required()}});
    CHECK(faults_of(parse_login("{}")) == faults{{"email", required()}, {"password", required()}});
    CHECK(faults_of(parse_new_user(R"({"email":"a@b.example"})")) == faults{{"username", required()}});
    CHECK(faults_of(parse_new_user(R"({"username":"bob"})")) == faults{{"email", required()}});
    CHECK(faults_of(parse_password_check("{}")) == faults{{"password", required()}});
    CHECK(faults_of(parse_password_change(R"({"old_password":"x"})")) == faults{{"password", required()}});
    CHECK(parse_roles("{}")->empty());
}

TEST_CASE("fields that do not fit their rule are named with the rule and the value", "[server][json]")
{
    CHECK(faults_of(parse_login(R"({"email":"nobody","password":"p"})")) ==
          faults{{"email", R"(Validation failed for tag "email" with value: "nobody")"}});
    CHECK(faults_of(parse_new_user(R"({"email":"a@b.example","username":"not ok"})")) ==
          faults{{"username", R"(Validation failed for tag "username" with value: "not ok")"}});
    CHECK(faults_of(parse_new_user(R"({"email":"a@b.example","username":"bob","name":" x"})")) ==
          faults{{"name", R"(Validation failed for tag "user_real_name" with value: " x")"}});
}

TEST_CASE("accounts nobody logs in to need no address", "[server][json]")
{
    CHECK(parse_new_user(R"({"username":"robot","service_account":true})").has_value());
    CHECK(parse_new_user(R"({"username":"robot","login_type":"none"})").has_value());
}

TEST_CASE("the body of a new user arrives whole", "[server][json]")
{
    const auto parsed = parse_new_user(
        R"({"email":"a@b.example","username":"bob","name":"Bob B.","password":"pass","login_type":"password",)"
        R"("user_status":"active","organization_ids":[1,"x"],"service_account":false,"roles":["auditor"]})");

    REQUIRE(parsed.has_value());
    CHECK(parsed->email == "a@b.example");
    CHECK(parsed->username == "bob");
    CHECK(parsed->name == "Bob B.");
    CHECK(parsed->password.expose() == "pass");
    CHECK(parsed->login_type == "password");
    CHECK(parsed->user_status == "active");
    CHECK_FALSE(parsed->service_account);
    CHECK(parsed->roles == std::vector<std::string>{"auditor"});
}

TEST_CASE("no refusal of a body repeats a password", "[server][json]")
{
    const auto parsed = parse_login(R"({"email":"nobody","password":"canary-7f3a"})");
    REQUIRE_FALSE(parsed.has_value());
    for (const auto& fault : parsed.error().validations)
        CHECK(fault.detail.find("canary") == std::string::npos);

    const auto number = parse_login(R"({"email":"a@b.example","password":73219})");
    REQUIRE_FALSE(number.has_value());
    CHECK(number.error().detail == "json: cannot unmarshal number into Go struct field "
                                   "LoginWithPasswordRequest.password of type string");
}

TEST_CASE("strings are escaped as Go escapes them", "[server][json]")
{
    struct row {
        std::string_view text;
        std::string_view json;
    };
    const auto [text, json] = GENERATE(values<row>({
        {"", R"("")"},
        {"plain", R"("plain")"},
        {"<a href='x'>&", R"("\u003ca href='x'\u003e\u0026")"},
        {"\"\\/", R"("\"\\/")"},
        {"\b\f\n\r\t\x01\x1f\x7f", "\"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
        {"\u00e9\u20ac\U0001f600", "\"\u00e9\u20ac\U0001f600\""},
        {"\u2028\u2029\u202a", "\"\\u2028\\u2029\u202a\""},
        {"a\xff"
         "b",
         R"("a\ufffdb")"},
        {"\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")"}, // a surrogate
        {"\xe2\x82", R"("\ufffd\ufffd")"},           // cut short
    }));

    std::string out;
    append_json_string(out, text);

    CHECK(out == json);
}

TEST_CASE("JSON values are written compact, escaped, with a newline behind", "[server][json]")
{
    const boost::json::value value = {
        {"a<b", {1, -2, true, nullptr, "x&y"}}, {"c", boost::json::object{}}, {"d", boost::json::array{}}};

    CHECK(go_json(value) == "{\"a\\u003cb\":[1,-2,true,null,\"x\\u0026y\"],\"c\":{},\"d\":[]}\n");
}
