// Contract 4.3 on the wire; the decoder's own tables are in tests/server/go_json_decode_test.cpp.
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey::test;

namespace {

std::string required()
{
    return R"(Validation failed for tag "required" with value: "")";
}

} // namespace

TEST_CASE("a body that cannot be decoded is refused with the decoder's words", "[wire][bodies]")
{
    struct row {
        std::string_view body;
        std::string_view detail;
    };
    wire_fixture& wire = any_wire();
    const row rows[] = {
        {"", "EOF"},
        {"   ", "EOF"},
        {"{", "unexpected EOF"},
        {"x", "invalid character 'x' looking for beginning of value"},
        {"[]", "json: cannot unmarshal array into Go value of type codersdk.CreateTokenRequest"},
        {R"({"lifetime":"24h"})",
         "json: cannot unmarshal string into Go struct field CreateTokenRequest.lifetime of type "
         "time.Duration"},
        {R"({"token_name":1})",
         "json: cannot unmarshal number into Go struct field CreateTokenRequest.token_name of type string"},
        {"{\"token_name\":\"\xff\"}", "strings must be valid Unicode"},
        {R"({"token_name":"\u0000"})", "strings must not contain the NUL character"},
    };
    for (const auto& [body, detail] : rows) {
        CAPTURE(body);
        check_error(wire.post(tokens_path("me"), wire.member.token, body), 400, not_json, detail);
    }
}

TEST_CASE("null is an empty object, and only the first value is read", "[wire][bodies]")
{
    wire_fixture& wire = any_wire();
    for (const char* body :
         {"null", "{}", "{}{\"lifetime\":\"x\"}", "{} trailing", R"({"lifetime":null,"x":[]})"})
        CHECK(wire.post(tokens_path("me"), wire.member.token, body).status == 201);
}

TEST_CASE("the content type of a request is not checked", "[wire][bodies]")
{
    wire_fixture& wire = any_wire();
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "image/png"})
        CHECK(
            wire.call("POST", tokens_path("me"), wire.member.token, "{}", {{"Content-Type", type}}).status ==
            201);
}

TEST_CASE("bytes are capped before parsing: a body of 4 MiB is read and one byte more is refused with 413",
          "[wire][bodies]")
{
    wire_fixture& wire = any_wire();
    constexpr std::size_t limit = 4 * 1024 * 1024;
    const std::string start = R"({"x":")";
    const std::string fits = start + std::string(limit - start.size() - 2, 'x') + "\"}";
    REQUIRE(fits.size() == limit);

    CHECK(wire.post(tokens_path("me"), wire.member.token, fits).status == 201);

    http_client one_shot = wire.connect();
    one_shot.send("POST /api/v2/users/me/keys/tokens HTTP/1.1\r\nHost: x\r\nCoder-Session-Token: " +
                  wire.member.token + "\r\nContent-Length: " + std::to_string(limit + 1) + "\r\n\r\n");
    const auto refused = one_shot.read();
    REQUIRE(refused.has_value());
    CHECK(refused->status == 413);
    CHECK(text(parsed(*refused), "message") == "Request body too large.");
    CHECK(text(parsed(*refused), "detail") == "http: request body too large");
}

TEST_CASE("depth is capped before parsing: deep nesting is refused", "[wire][bodies]")
{
    wire_fixture& wire = any_wire();
    const std::string deep = R"({"x":)" + std::string(100'000, '[');
    check_error(wire.post(tokens_path("me"), wire.member.token, deep), 400, not_json, "exceeded max depth");
}

TEST_CASE("missing fields are listed by their JSON names", "[wire][bodies]")
{
    wire_fixture& wire = any_wire();
    check_error(wire.post("/api/v2/users/login", {}, "{}"),
                400,
                validation_failed,
                {},
                {{"email", required()}, {"password", required()}});
    check_error(wire.post("/api/v2/users/login", {}, R"({"email":"nobody","password":"x"})"),
                400,
                validation_failed,
                {},
                {{"email", R"(Validation failed for tag "email" with value: "nobody")"}});
    check_error(wire.post("/api/v2/users/first", {}, "{}"),
                400,
                validation_failed,
                {},
                {{"email", required()}, {"username", required()}, {"password", required()}});
}
