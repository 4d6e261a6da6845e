#include "server/json_bodies.hpp"
#include "tests/support/catch.hpp"

#include <random>

using namespace latchkey;

namespace {

std::string detail_of(std::string_view body)
{
    const auto parsed = parse_token_request(body);
    if (parsed) return "";
    CHECK(parsed.error().status == 400);
    CHECK(parsed.error().message == "Request body must be valid JSON.");
    return parsed.error().detail;
}

std::string nested(std::size_t depth)
{
    return R"({"unknown":)" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
}

} // namespace

TEST_CASE("a body that is no JSON is refused in the words of Go's scanner", "[server][json]")
{
    struct row {
        std::string_view body;
        std::string_view detail;
    };
    const auto [body, detail] = GENERATE(values<row>({
        {"", "EOF"},
        {" \t\r\n", "EOF"},
        {"{", "unexpected EOF"},
        {R"({"a")", "unexpected EOF"},
        {R"({"a":)", "unexpected EOF"},
        {R"({"a":1)", "unexpected EOF"},
        {R"({"a":"b)", "unexpected EOF"},
        {R"({"a":"\)", "unexpected EOF"},
        {R"({"a":"\u12)", "unexpected EOF"},
        {"[", "unexpected EOF"},
        {"[1,", "unexpected EOF"},
        {"tru", "unexpected EOF"},
        {"-", "unexpected EOF"},
        {"1.", "unexpected EOF"},
        {"x", "invalid character 'x' looking for beginning of value"},
        {"lifetime=5", "invalid character 'l' looking for beginning of value"},
        {"<html>", "invalid character '<' looking for beginning of value"},
        {"'a'", "invalid character '\\'' looking for beginning of value"},
        {"\\", "invalid character '\\\\' looking for beginning of value"},
        {"\xef\xbb\xbf{}", "invalid character '\u00ef' looking for beginning of value"},
        {"\x01", "invalid character '\\x01' looking for beginning of value"},
        {"\x7f", "invalid character '\\x7f' looking for beginning of value"},
        {"\x85", "invalid character '\\u0085' looking for beginning of value"},
        {"{x", "invalid character 'x' looking for beginning of object key string"},
        {R"({"a":1,})", "invalid character '}' looking for beginning of object key string"},
        {R"({'a':1})", "invalid character '\\'' looking for beginning of object key string"},
        {R"({"a" 1})", "invalid character '1' after object key"},
        {R"({"a":1 "b":2})", "invalid character '\"' after object key:value pair"},
        {R"({"a":1]})", "invalid character ']' after object key:value pair"},
        {R"({"a":01})", "invalid character '1' after object key:value pair"},
        {"[1 2]", "invalid character '2' after array element"},
        {"[1}", "invalid character '}' after array element"},
        {"[,]", "invalid character ',' looking for beginning of value"},
        {"[1,]", "invalid character ']' looking for beginning of value"},
        {R"({"a":})", "invalid character '}' looking for beginning of value"},
        {"txue", "invalid character 'x' in literal true (expecting 'r')"},
        {"falsy", "invalid character 'y' in literal false (expecting 'e')"},
        {"nul!", "invalid character '!' in literal null (expecting 'l')"},
        {"-x", "invalid character 'x' in numeric literal"},
        {"[1.x]", "invalid character 'x' after decimal point in numeric literal"},
        {"[1ex]", "invalid character 'x' in exponent of numeric literal"},
        {"[1e+x]", "invalid character 'x' in exponent of numeric literal"},
        {"\"a\nb\"", "invalid character '\\n' in string literal"},
        {R"("\x")", "invalid character 'x' in string escape code"},
        {R"("\u12g4")", "invalid character 'g' in \\u hexadecimal character escape"},
        {R"({"lifetime":"24h")", "unexpected EOF"}, // syntax has precedence over types
    }));
    CAPTURE(body);

    CHECK(detail_of(body) == detail);
}

TEST_CASE("a value of the wrong type is refused in the words of Go's decoder", "[server][json]")
{
    struct row {
        std::string_view body;
        std::string_view detail;
    };
    const std::string_view field = "json: cannot unmarshal";
    const auto [body, detail] = GENERATE(values<row>({
        {"[]", " array into Go value of type codersdk.CreateTokenRequest"},
        {"[{\"lifetime\":\"x\"}]", " array into Go value of type codersdk.CreateTokenRequest"},
        {"\"x\"", " string into Go value of type codersdk.CreateTokenRequest"},
        {"12x", " number into Go value of type codersdk.CreateTokenRequest"},
        {"true", " bool into Go value of type codersdk.CreateTokenRequest"},
        {R"({"lifetime":"24h"})",
         " string into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"lifetime":1.5})",
         " number 1.5 into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"lifetime":1e3})",
         " number 1e3 into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"lifetime":9223372036854775808})",
         " number 9223372036854775808 into Go struct field CreateTokenRequest.lifetime of type "
         "time.Duration"},
        {R"({"lifetime":true})",
         " bool into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"lifetime":{"a":1}})",
         " object into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"LifeTime":[1]})",
         " array into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
        {R"({"token_name":7})", " number into Go struct field CreateTokenRequest.token_name of type string"},
        {R"({"scope":["all"]})",
         " array into Go struct field CreateTokenRequest.scope of type codersdk.APIKeyScope"},
        {R"({"scopes":"all"})",
         " string into Go struct field CreateTokenRequest.scopes of type []codersdk.APIKeyScope"},
        {R"({"scopes":["all",1]})",
         " number into Go struct field CreateTokenRequest.scopes of type codersdk.APIKeyScope"},
        {R"({"scopes":[["all"]]})",
         " array into Go struct field CreateTokenRequest.scopes of type codersdk.APIKeyScope"},
        {R"({"scopes":[{}]})",
         " object into Go struct field CreateTokenRequest.scopes of type codersdk.APIKeyScope"},
        {R"({"allow_list":{}})",
         " object into Go struct field CreateTokenRequest.allow_list of type []codersdk.APIAllowListTarget"},
        {R"({"allow_list":[1]})",
         " number into Go struct field CreateTokenRequest.allow_list of type string"},
        // the first one is told, even if a later duplicate would have been right
        {R"({"lifetime":"x","token_name":1,"lifetime":5})",
         " string into Go struct field CreateTokenRequest.lifetime of type time.Duration"},
    }));
    CAPTURE(body);

    CHECK(detail_of(body) == std::string{field}.append(detail));
}

TEST_CASE("an allow-list entry of the wrong shape is refused while the body is decoded", "[server][json]")
{
    CHECK(detail_of(R"({"allow_list":["workspace"]})")
              .find(R"(invalid allow_list entry "workspace": want <type>:<id>)") != std::string::npos);
    CHECK(detail_of(R"({"allow_list":[null]})").find(R"(invalid allow_list entry "": want <type>:<id>)") !=
          std::string::npos);
    CHECK(detail_of(R"({"allow_list":["spaceship:*"]})").find(R"(unknown resource type "spaceship")") !=
          std::string::npos);
    CHECK(
        detail_of(R"({"allow_list":["workspace:7"]})").find(R"(invalid workspace ID (must be UUID): "7")") !=
        std::string::npos);

    // It stops Go's decoder, so an earlier mismatch is not told.
    CHECK(detail_of(R"({"lifetime":"x","allow_list":["workspace"]})").find("invalid allow_list entry") == 0);
}

TEST_CASE("fields are found without case, the last duplicate wins, and what is unknown is ignored",
          "[server][json]")
{
    struct row {
        std::string_view body;
        std::string_view name;
        std::int64_t lifetime;
        std::string_view reason;
    };
    const auto [body, name, lifetime, reason] = GENERATE(values<row>({
        {"{}", "", 0, "nothing asked"},
        {"null", "", 0, "top-level null is {}"},
        {" \n{}", "", 0, "spaces before"},
        {R"({"token_name":"a","lifetime":5})", "a", 5, "plain"},
        {R"({"TOKEN_NAME":"a","Lifetime":5})", "a", 5, "letter case"},
        {"{\"to\u212aen_name\":\"a\"}", "a", 0, "the Kelvin sign folds into k"},
        {R"({"token_name":"a","Token_Name":"b"})", "b", 0, "last duplicate, in another case"},
        {R"({"lifetime":1,"LIFETIME":2,"lifetime":3})", "", 3, "last of three"},
        {R"({"lifetime":5,"lifetime":null,"token_name":null})", "", 5, "null is absent"},
        {R"({"x":{"lifetime":7,"y":[{"token_name":"b"}]},"token_name":"a"})", "a", 0, "nested unknown"},
        {R"({"x":"y","x":[1,"2",null,true,{}],"":{}})", "", 0, "unknown of every type"},
        {R"({"token_name":"a"}{"token_name":"b"})", "a", 0, "only the first value"},
        {R"({"token_name":"a"}garbage)", "a", 0, "what follows is not looked at"},
        {R"({"lifetime":-9223372036854775808})", "", INT64_MIN, "least integer"},
        {R"({"lifetime":9223372036854775807})", "", INT64_MAX, "greatest integer"},
        {R"({"lifetime":-0})", "", 0, "minus nought"},
        {R"({"token_name":"\u00e9\n\"\/\ud83d\ude00"})", "\u00e9\n\"/\U0001f600", 0, "escapes"},
        {R"({"t\u006fken_name":"a"})", "a", 0, "escapes in names"},
    }));
    CAPTURE(body, reason);

    const auto parsed = parse_token_request(body);

    REQUIRE(parsed.has_value());
    CHECK(parsed->name == name);
    CHECK(parsed->lifetime.count() == lifetime);
}

TEST_CASE("lists are replaced by later ones and emptied by null", "[server][json]")
{
    using texts = std::vector<std::string>;
    CHECK(parse_token_request(R"({"scopes":["a","b"]})")->scopes == texts{"a", "b"});
    CHECK(parse_token_request(R"({"scopes":["a","b"],"scopes":["c"]})")->scopes == texts{"c"});
    CHECK(parse_token_request(R"({"scopes":["a"],"scopes":null})")->scopes.empty());
    CHECK(parse_token_request(R"({"scopes":[]})")->scopes.empty());
    CHECK(parse_token_request(R"({"scopes":[null]})")->scopes == texts{""});
}

TEST_CASE("nesting up to the limit is read, one deeper is refused before it is built", "[server][json]")
{
    CHECK(parse_token_request(nested(64)).has_value());
    CHECK(detail_of(nested(65)) == "exceeded max depth");
    CHECK(detail_of(std::string(1'000'000, '[')) == "exceeded max depth");
}

TEST_CASE("text that is no Unicode, and the NUL character, are refused", "[server][json]")
{
    CHECK(detail_of("{\"token_name\":\"\xff\"}") == "strings must be valid Unicode");
    CHECK(detail_of("{\"token_name\":\"\xc0\xaf\"}") == "strings must be valid Unicode");
    CHECK(detail_of("{\"unknown\":\"\xed\xa0\x80\"}") == "strings must be valid Unicode");
    CHECK(detail_of(R"({"token_name":"\ud800"})") == "strings must be valid Unicode");
    CHECK(detail_of(R"({"token_name":"a\u0000b"})") == "strings must not contain the NUL character");
    CHECK(detail_of(std::string_view{"{\"token_name\":\"a\0b\"}", 20}) ==
          "invalid character '\\x00' in string literal");
}

TEST_CASE("no mutation of a body makes the decoder do worse than refuse it", "[server][json]")
{
    constexpr std::string_view seeds[] = {
        R"({"lifetime":604800000000000,"scopes":["all","workspace:read"],"token_name":"a\u00e9\n","allow_list":["*:*"]})",
        R"({"a":[1,-2.5e+10,{"b":null}],"c":true,"d":"\ud83d\ude00"} trailing)",
    };
    constexpr std::string_view bytes = "{}[]\",:\\u0123eE+-.tfnx \xff\xc3\x00";
    std::mt19937 random{7}; // same bodies in every run
    const auto below = [&random](std::size_t bound) { return random() % bound; };
    std::size_t read = 0;
    std::size_t refused = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string body{seeds[below(std::size(seeds))]};
        for (std::size_t change = 0; change <= below(3); ++change) {
            const std::size_t at = below(body.size());
            if (below(3) == 0)
                body.erase(at, 1 + below(4));
            else if (below(2) == 0)
                body.insert(at, 1, bytes[below(bytes.size())]);
            else
                body[at] = bytes[below(bytes.size())];
        }
        const auto parsed = parse_token_request(body);
        if (!parsed && (parsed.error().status != 400 || parsed.error().detail.empty())) FAIL(body);
        ++(parsed ? read : refused);
    }
    CHECK(read > 0);
    CHECK(refused > 0);
}
