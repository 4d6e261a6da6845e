// POST /api/v2/verify and the OAuth 2.0 endpoints where the store must be asked, or cannot be.
#include "tests/server/web_fixture.hpp"
#include "tests/support/catch.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

request posting(std::string_view target, std::string_view body, std::string_view token = {})
{
    request asked = asking(http::verb::post, target, token);
    asked.body = body;
    asked.has_body = true;
    return asked;
}

std::uint64_t counted(web_fixture& web, verification_outcome what)
{
    return web.figures.of_shard(0).verifications[static_cast<std::size_t>(what)].value();
}

} // namespace

TEST_CASE("each token of a batch is counted by its outcome, and its use recorded", "[server][batch]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    const std::string body = R"({"tokens":[")" + token + R"(","nonsense",")" + token + "\"]}";

    const seen_answer answer = web.ask(posting("/api/v2/verify", body));

    CHECK(answer.status == 200);
    CHECK(counted(web, verification_outcome::accepted) == 2);
    CHECK(counted(web, verification_outcome::refused) == 1);
    CHECK(web.auth.stored(token).last_used == web.auth.now.now());
}

TEST_CASE("bad tokens of a batch count as guesses, and good ones alone are never refused", "[server][batch]")
{
    web_fixture_settings guarded;
    guarded.limits.guess = 3;
    web_fixture web{guarded};
    const std::string token = web.auth.token_of(web.auth.add("alice"), unrestricted_rights());
    const std::string two_bad =
        R"({"tokens":["nonsense",")" + token + R"(","AAAAAAAAAA-AAAAAAAAAAAAAAAAAAAAAA"]})";

    CHECK(web.ask(posting("/api/v2/verify", two_bad)).status == 200);
    const seen_answer refused = web.ask(posting("/api/v2/verify", two_bad));
    CHECK(refused.status == 429);
    CHECK(std::stoi(refused.header("retry-after")) >= 1);
    const std::string good = R"({"tokens":[")" + token + "\"]}";
    CHECK(web.ask(posting("/api/v2/verify", good)).status == 200);
    CHECK(web.ask(asking(http::verb::get, "/verify", "nonsense")).status == 429);
}

TEST_CASE("tokens that memory does not know get the store's answer in their own places", "[server][batch]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    web.auth.records.must_be_asked = true;
    web.auth.records.to_answer = key_with_owner{web.auth.stored(token).key, owner_standing::of(alice)};
    const std::string wrong = token.substr(0, 11) + "AAAAAAAAAAAAAAAAAAAAAA";
    const std::string body =
        R"({"tokens":["nonsense",")" + token + R"(",")" + wrong + R"(",")" + token + "\"]}";

    const seen_answer answer = web.ask(posting("/api/v2/verify", body));

    CHECK(answer.status == 200);
    const std::string good = R"({"valid":true,"key_id":")" + token.substr(0, 10) + R"(","user_id":")" +
                             to_string(alice.id) + R"(","username":"alice","scopes":["coder:all"],)";
    const std::string bad = R"({"valid":false})";
    CHECK(answer.body.starts_with(R"({"results":[)" + bad + "," + good));
    const std::size_t third = answer.body.find(bad + "," + good, 20);
    CHECK(third != std::string::npos);
    CHECK(answer.body.ends_with("\"}]}\n"));
    CHECK(web.auth.records.uses == 2);
}

TEST_CASE("while the store cannot be asked there is no guess: 503 for a whole batch", "[server][batch]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    web.auth.records.must_be_asked = true;
    web.auth.records.cannot_read = true;

    for (const auto& [path, body] : {std::pair{"/api/v2/verify", R"({"tokens":["x",")" + token + "\"]}"},
                                     std::pair{"/oauth2/revoke", "token=" + token}}) {
        CAPTURE(path);
        const seen_answer answer = web.ask(posting(path, body));
        CHECK(answer.status == 503);
        CHECK_FALSE(answer.header("retry-after").empty());
        CHECK(answer.body.find("valid\":") == std::string::npos);
    }
    CHECK(counted(web, verification_outcome::unavailable) == 1);
}

TEST_CASE("a revocation that the store cannot keep is 503, and in the trail as failed", "[server][oauth2]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    web.auth.records.cannot_write = true;

    const seen_answer answer = web.ask(posting("/oauth2/revoke", "token=" + token));

    CHECK(answer.status == 503);
    CHECK_FALSE(answer.header("retry-after").empty());
    REQUIRE(web.auth.audit.entries.size() == 2);
    for (const audit_entry& entry : web.auth.audit.entries)
        CHECK(entry.actor == alice.id);
    CHECK(web.auth.audit.entries.back().outcome == "failed");
}

TEST_CASE("without its audit entry no token is revoked", "[server][oauth2]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string token = web.auth.token_of(alice, unrestricted_rights());
    web.auth.audit.fails_with = storage_errc::unavailable;

    CHECK(web.ask(posting("/oauth2/revoke", "token=" + token)).status == 503);
    CHECK(web.auth.verify(token) == verdict::accepted);
}

TEST_CASE("introspection is no use of the token", "[server][oauth2]")
{
    web_fixture web;
    const user alice = web.auth.add("alice");
    const std::string caller = web.auth.token_of(alice, unrestricted_rights());
    const std::string token = web.auth.token_of(alice, unrestricted_rights());

    const seen_answer answer = web.ask(posting("/oauth2/introspect", "token=" + token, caller));

    CHECK(answer.status == 200);
    CHECK(answer.body.starts_with(R"({"active":true)"));
    CHECK(web.auth.stored(token).last_used == time_point{});
    CHECK(web.auth.stored(caller).last_used == web.auth.now.now());
}
