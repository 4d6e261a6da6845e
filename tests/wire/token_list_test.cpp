// Contract 1.6, with A1 and A15.
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>

using namespace latchkey::test;

namespace {

struct three_tokens {
    account holder;
    std::vector<std::string> ids; // in the order of creation
};

three_tokens make_three(wire_fixture& wire)
{
    three_tokens made{wire.new_user(), {}};
    for (int i = 0; i < 3; ++i)
        made.ids.push_back(id_of(wire.new_token(made.holder)));
    return made;
}

std::vector<std::string> listed(wire_fixture& wire, const std::string& path, const std::string& token)
{
    const http_answer answer = wire.get(path, token);
    REQUIRE(answer.status == 200);
    return column(parsed(answer), "id");
}

} // namespace

TEST_CASE("an empty list of tokens is an empty array", "[wire][list]") // A1
{
    wire_fixture& wire = any_wire();
    const http_answer answer = wire.get(tokens_path("me"), wire.new_user().token);

    CHECK(answer.status == 200);
    CHECK(answer.body == "[]\n");
}

TEST_CASE("a listed token is the key object with its owner's name behind", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string token = wire.new_token(holder);

    const http_answer answer = wire.get(tokens_path("me"), holder.token);

    std::string one = wire.get(keys_path("me") + "/" + id_of(token), holder.token).body;
    one.resize(one.size() - 2); // "}\n"
    CHECK(answer.body == "[" + one + ",\"username\":\"" + holder.username + "\"}]\n");
}

TEST_CASE("tokens are listed in the order of their creation", "[wire][list]") // A15
{
    wire_fixture& wire = any_wire();
    const auto [holder, ids] = make_three(wire);

    CHECK(listed(wire, tokens_path("me"), holder.token) == ids);
    CHECK(listed(wire, tokens_path(holder.username), wire.owner.token) == ids);
}

TEST_CASE("expired tokens are listed only when asked for", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    const auto [holder, ids] = make_three(wire);
    REQUIRE(wire.call("PUT", keys_path("me") + "/" + ids[1] + "/expire", holder.token).status == 204);

    struct row {
        std::string_view query;
        bool all;
    };
    const row rows[] = {
        {"", false},
        {"?include_expired=true", true},
        {"?include_expired=1", true},
        {"?include_expired=t", true},
        {"?include_expired=T", true},
        {"?include_expired=TRUE", true},
        {"?include_expired=True", true},
        {"?include_expired=tRuE", false},
        {"?include_expired=yes", false},
        {"?include_expired=", false},
        {"?include_expired=false", false},
        {"?include_all=x&include_expired=true", true},
    };
    for (const auto& [query, all] : rows) {
        CAPTURE(query);
        const std::vector<std::string> live = {ids[0], ids[2]};
        CHECK(listed(wire, tokens_path("me") + std::string{query}, holder.token) == (all ? ids : live));
    }
}

TEST_CASE("include_all shows everybody's tokens to owners, and others their own", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    const auto [holder, ids] = make_three(wire);
    const std::string all = tokens_path("me") + "?include_all=true";

    const auto everybody = parsed(wire.get(all, wire.owner.token));
    const auto seen = column(everybody, "id");
    for (const std::string& id : ids)
        CHECK(std::ranges::count(seen, id) == 1);
    CHECK(std::ranges::count(column(everybody, "username"), holder.username) == 3);

    CHECK(listed(wire, all, holder.token) == ids);
    for (const account* other : {&wire.user_admin, &wire.auditor, &wire.template_admin})
        for (const std::string& id : listed(wire, all, other->token))
            CHECK(std::ranges::count(ids, id) == 0);
}

TEST_CASE("a list is paged by limit and after_id", "[wire][list]") // A15
{
    wire_fixture& wire = any_wire();
    const auto [holder, ids] = make_three(wire);
    const std::string path = tokens_path("me");
    using list = std::vector<std::string>;

    CHECK(listed(wire, path + "?limit=2", holder.token) == list{ids[0], ids[1]});
    CHECK(listed(wire, path + "?limit=2&after_id=" + ids[1], holder.token) == list{ids[2]});
    CHECK(listed(wire, path + "?after_id=" + ids[2], holder.token).empty());
    CHECK(listed(wire, path + "?after_id=" + ids[0], holder.token) == list{ids[1], ids[2]});
    CHECK(listed(wire, path + "?limit=0", holder.token) == ids);
    CHECK(listed(wire, path + "?limit=100", holder.token) == ids);

    const std::string& owner = wire.owner.token;
    CHECK(listed(wire, path + "?include_all=true&limit=1&after_id=" + ids[0], owner) == list{ids[1]});
}

// It is sent in chunks, so that nobody needs memory for a million of them.
TEST_CASE("a list of more than a thousand tokens is as whole as a short one", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    std::vector<std::string> ids;
    for (int i = 0; i < 1205; ++i)
        ids.push_back(id_of(wire.new_token(holder, R"({"token_name":"t)" + std::to_string(i) + R"("})")));

    const http_answer answer = wire.get(tokens_path("me"), holder.token);

    CHECK(answer.header("transfer-encoding") == "chunked");
    CHECK(answer.header("content-type") == "application/json; charset=utf-8");
    CHECK(column(parsed(answer), "id") == ids);
    CHECK(answer.body.ends_with("}]\n"));
    CHECK(wire.get(tokens_path("me") + "?limit=1100", holder.token).status == 200);
    ids.resize(1100);
    CHECK(listed(wire, tokens_path("me") + "?limit=1100", holder.token) == ids);
    ids.resize(1000);
    CHECK(listed(wire, tokens_path("me") + "?limit=1000", holder.token) == ids);
}

TEST_CASE("page parameters that cannot be read are refused together", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    for (const std::string_view limit : {"x", "-1", "1.5", "99999999999", "1x", "%20"}) {
        CAPTURE(limit);
        check_error(wire.get(tokens_path("me") + "?limit=" + std::string{limit}, wire.member.token),
                    400,
                    "Query parameters have invalid values.",
                    {},
                    {{"limit", R"(Query param "limit" must be a valid 32-bit positive integer)"}});
    }
    check_error(wire.get(tokens_path("me") + "?limit=x&after_id=y", wire.member.token),
                400,
                "Query parameters have invalid values.",
                {},
                {{"after_id", R"(Query param "after_id" must be a valid key id)"},
                 {"limit", R"(Query param "limit" must be a valid 32-bit positive integer)"}});
}

TEST_CASE("whoever may see a user but not his keys is shown an empty list", "[wire][list]")
{
    wire_fixture& wire = any_wire();
    const auto [holder, ids] = make_three(wire);

    for (const account* caller : {&wire.user_admin, &wire.auditor, &wire.template_admin}) {
        const http_answer answer = wire.get(tokens_path(holder.username), caller->token);
        CHECK(answer.status == 200);
        CHECK(answer.body == "[]\n");
    }
}
