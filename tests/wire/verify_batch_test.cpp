// POST /api/v2/verify: many tokens in one request.
#include "tests/wire/wire_fixture.hpp"

#include <charconv>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const std::string path = "/api/v2/verify";

std::string body_of(const std::vector<std::string>& tokens)
{
    json::array list;
    for (const std::string& token : tokens)
        list.emplace_back(token);
    return json::serialize(json::object{{"tokens", std::move(list)}});
}

json::array results_of(const http_answer& answer)
{
    INFO(answer.body);
    REQUIRE(answer.status == 200);
    return parsed(answer).at("results").as_array();
}

std::uint64_t reads_of(const redis_server& redis)
{
    const std::string figures = redis.ask({"INFO", "stats"}).text;
    const std::string name = "total_reads_processed:";
    const std::size_t at = figures.find(name);
    REQUIRE(at != std::string::npos);
    std::uint64_t reads = 0;
    std::from_chars(figures.data() + at + name.size(), figures.data() + figures.size(), reads);
    return reads;
}

} // namespace

TEST_CASE("a batch is answered in order, without any other credential", "[wire][batch]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member, R"({"scopes":["user:read","api_key:read"]})");
    const std::string other = wire.new_token(wire.owner);
    const std::string gone = wire.new_token(wire.member);
    REQUIRE(wire.call("DELETE", keys_path("me") + "/" + id_of(gone), wire.member.token).status == 204);
    const std::string wrong = id_of(token) + "-AAAAAAAAAAAAAAAAAAAAAA";

    const http_answer answer = wire.post(path, {}, body_of({token, gone, "", wrong, other, token}));

    const json::array results = results_of(answer);
    REQUIRE(results.size() == 6);
    for (const std::size_t bad : {1, 2, 3})
        CHECK(json::serialize(results[bad]) == R"({"valid":false})");
    for (const std::size_t good : {0, 5}) {
        const json::value& one = results[good];
        CHECK(field_names(one) ==
              std::vector<std::string>{"valid", "key_id", "user_id", "username", "scopes", "expires_at"});
        CHECK(one.at("valid").as_bool());
        CHECK(text(one, "key_id") == id_of(token));
        CHECK(text(one, "user_id") == wire.member.id);
        CHECK(text(one, "username") == wire.member.username);
        CHECK(texts(one, "scopes") == std::vector<std::string>{"user:read", "api_key:read"});
        const json::value key = parsed(wire.get(keys_path("me") + "/" + id_of(token), wire.member.token));
        CHECK(text(one, "expires_at") == text(key, "expires_at"));
    }
    CHECK(text(results[4], "user_id") == wire.owner.id);
    CHECK(answer.header("cache-control") == "no-store");
}

TEST_CASE("a batch holds up to a thousand tokens", "[wire][batch]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);

    const json::array results = results_of(wire.post(path, {}, body_of(std::vector(1000, token))));
    CHECK(results.size() == 1000);
    for (const json::value& one : results)
        CHECK(one.at("valid").as_bool());

    check_error(wire.post(path, {}, body_of(std::vector(1001, token))),
                400,
                validation_failed,
                {},
                {{"tokens", R"(Validation failed for tag "max" with value: "1001")"}});
    CHECK(wire.post(path, {}, R"({"tokens":[]})").body == "{\"results\":[]}\n");
}

TEST_CASE("a body that is no list of tokens is refused", "[wire][batch]")
{
    wire_fixture& wire = any_wire();
    for (const char* body : {"{}", R"({"tokens":null})", R"({"tokens":[],"tokens":null})"})
        check_error(wire.post(path, {}, body),
                    400,
                    validation_failed,
                    {},
                    {{"tokens", R"(Validation failed for tag "required" with value: "")"}});
    check_error(wire.post(path, {}, R"({"tokens":"x"})"),
                400,
                not_json,
                "json: cannot unmarshal string into Go struct field VerifyTokensRequest.tokens of type "
                "[]string");
    check_error(wire.post(path, {}, R"({"tokens":["x",1]})"),
                400,
                not_json,
                "json: cannot unmarshal number into Go struct field VerifyTokensRequest.tokens of type "
                "string");
    check_error(wire.post(path, {}, ""), 400, not_json, "EOF");
    CHECK(wire.get(path).status == 405);
}

TEST_CASE("a bad token of a batch is in the audit trail as one of /verify is", "[wire][batch]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    const http_answer asked = wire.post(path, {}, body_of({token, id_of(token) + "-AAAAAAAAAAAAAAAAAAAAAA"}));
    REQUIRE(asked.status == 200);

    const json::value entry = entry_of(wire, asked);

    CHECK(text(entry, "action") == "verify");
    CHECK(entry.at("status_code").to_number<int>() == 401);
}

TEST_CASE("all tokens of a batch that a server has to ask Redis for cost one round trip", "[wire][batch]")
{
    // Pings of the lease are asked as well, so here they are rare.
    wire_fixture one{engine::redis};
    std::vector<std::string> tokens;
    for (int count = 0; count < 200; ++count)
        tokens.push_back(one.new_token(one.member));
    const wire_server second{one.server(), {"--cache-lease=4s"}};
    http_client other = second.connect();
    REQUIRE(other.request("GET", "/verify", {{"Coder-Session-Token", one.member.token}}).status == 200);
    const redis_server& redis = *one.server().redis();

    const std::uint64_t reads_before = reads_of(redis);
    const http_answer answer = other.request("POST", path, {}, body_of(tokens));
    const std::uint64_t reads = reads_of(redis) - reads_before;

    for (const json::value& result : results_of(answer))
        CHECK(result.at("valid").as_bool());
    // Two hundred commands fill a few of Redis's read buffers; asked one by one they would be 200 reads.
    CHECK(reads < 100);
}
