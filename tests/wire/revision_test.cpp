// Who revokes is told a revision; who shows it with a verification is answered from nothing older.
#include "tests/support/metrics_text.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/redis_proxy.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr const char* handed_out = "x-latchkey-revision";

// Of an answer that must have one; decimal digits alone.
std::int64_t revision_of(const http_answer& answer)
{
    const std::string text = answer.header(handed_out);
    CAPTURE(answer.status, text);
    REQUIRE(answer.count(handed_out) == 1);
    REQUIRE_FALSE(text.empty());
    REQUIRE(std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '9'; }));
    return std::stoll(text);
}

header_list verifying(const std::string& token, const std::string& least)
{
    return {{"Authorization", "Bearer " + token}, {"X-Latchkey-Min-Revision", least}};
}

unsigned status_of(http_client& client, const std::string& token, const std::string& least)
{
    return client.request("GET", "/verify", verifying(token, least)).status;
}

double hits_of(http_client& client)
{
    return metric(
        parse_metrics(client.request("GET", "/metrics").body), "latchkey_cache_lookups_total", "hit");
}

} // namespace

TEST_CASE("what takes away answers with its revision, each with a greater one", "[wire][revision]")
{
    wire_fixture& wire = any_wire();
    const account holder = wire.new_user();
    const std::string first = wire.new_token(holder);
    const std::string second = wire.new_token(holder);
    const std::string third = wire.new_token(holder);
    const std::string keys = keys_path(holder.username) + "/";
    const std::string account_path = "/api/v2/users/" + holder.username;

    std::vector<std::int64_t> seen;
    const auto done = [&](std::string_view method, const std::string& path, unsigned status) {
        CAPTURE(path);
        const http_answer answer = wire.call(method, path, wire.owner.token);
        CHECK(answer.status == status);
        seen.push_back(revision_of(answer));
        return std::to_string(seen.back());
    };
    const std::string expired = done("PUT", keys + id_of(first) + "/expire", 204);
    http_client client = wire.connect();
    CHECK(status_of(client, first, expired) == 401);
    done("PUT", keys + id_of(first) + "/expire", 204); // once more, as after a lost answer
    const std::string deleted = done("DELETE", keys + id_of(second), 204);
    CHECK(status_of(client, second, deleted) == 401);
    CHECK(status_of(client, third, deleted) == 200);
    const std::string suspended = done("PUT", account_path + "/status/suspend", 200);
    CHECK(status_of(client, third, suspended) == 401);
    const std::string activated = done("PUT", account_path + "/status/activate", 200);
    CHECK(status_of(client, third, activated) == 200);
    const std::string removed = done("DELETE", account_path, 200);
    CHECK(status_of(client, third, removed) == 401);

    CHECK(std::ranges::is_sorted(seen));
    CHECK(std::ranges::adjacent_find(seen) == seen.end());
}

TEST_CASE("an answer that changed nothing has no revision", "[wire][revision]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    const std::string key = keys_path("me") + "/" + id_of(token);
    const std::string nobodys = keys_path("me") + "/0123456789";

    CHECK(wire.get(key, wire.member.token).count(handed_out) == 0);
    CHECK(wire.get("/verify", token).count(handed_out) == 0);
    for (const http_answer& refused : {wire.call("DELETE", key, wire.other_member.token),
                                       wire.call("DELETE", nobodys, wire.member.token),
                                       wire.call("PUT", nobodys + "/expire", wire.member.token)}) {
        CHECK(refused.status == 404);
        CHECK(refused.count(handed_out) == 0);
    }
}

TEST_CASE("a revision that is none asks for no cache, and refuses nobody", "[wire][revision]")
{
    wire_fixture& wire = any_wire();
    const std::string token = wire.new_token(wire.member);
    http_client client = wire.connect();
    for (const char* least : {"", "0", "1", "-1", "tomorrow", "1 2", "99999999999999999999999"}) {
        CAPTURE(least);
        CHECK(status_of(client, token, least) == 200);
        CHECK(client.request("GET", "/api/v2/users/me", verifying(token, least)).status == 200);
    }
}

TEST_CASE("a server that has yet to hear of a revocation does not accept the token of who shows its revision",
          "[wire][revision][redis]")
{
    wire_fixture revoking{engine::redis};
    redis_proxy proxy{revoking.server().redis()->port()};
    const wire_server verifying_server{"redis://127.0.0.1:" + std::to_string(proxy.port()),
                                       {"--cache-lease=1m"}};
    http_client client = verifying_server.connect(); // kept: so one thread, with one cache, serves it
    const account holder = revoking.new_user();
    const std::string token = revoking.new_token(holder);
    const std::string other = revoking.new_token(revoking.member);

    // Once the cache answers for it.
    const auto is_cached = [&](const std::string& wanted, const std::string& least) {
        const double before = hits_of(client);
        return status_of(client, wanted, least) == 200 && hits_of(client) > before;
    };
    const auto becomes_cached = [&](const std::string& wanted, const std::string& least) {
        return becomes_true([&] { return is_cached(wanted, least); });
    };
    REQUIRE(becomes_cached(token, "0"));
    REQUIRE(becomes_cached(other, "0"));
    proxy.hold(redis_proxy::line::changes);

    const std::string user_path = "/api/v2/users/" + holder.username;
    http_answer revoked;
    SECTION("by deleting the key")
    {
        revoked = revoking.call("DELETE", user_path + "/keys/" + id_of(token), revoking.owner.token);
    }
    SECTION("by suspending its owner")
    {
        revoked = revoking.call("PUT", user_path + "/status/suspend", revoking.owner.token);
    }
    SECTION("by RFC 7009")
    {
        revoked = revoking.post("/oauth2/revoke", {}, "token=" + token);
    }
    const std::string least = std::to_string(revision_of(revoked));

    CHECK(status_of(client, token, "0") == 200); // within its lease, as promised without the header
    CHECK(is_cached(token, "0"));
    CHECK(status_of(client, token, least) == 401);
    CHECK(status_of(client, token, "whatever") == 401);
    CHECK(client.request("GET", "/api/v2/users/me", verifying(token, least)).status == 401);
    const std::string batch = R"({"tokens":[")" + token + R"("]})";
    CHECK(client.request("POST", "/api/v2/verify", {{"X-Latchkey-Min-Revision", least}}, batch).body ==
          "{\"results\":[{\"valid\":false}]}\n");
    const http_answer introspected = client.request(
        "POST", "/oauth2/introspect", verifying(revoking.owner.token, least), "token=" + token);
    CHECK(introspected.body == "{\"active\":false}\n");
    CHECK(status_of(client, other, least) == 200); // by asking
    CHECK_FALSE(is_cached(other, least));

    proxy.release();
    CHECK(becomes_cached(other, least));
    CHECK(status_of(client, token, least) == 401);
    CHECK(status_of(client, token, "0") == 401); // the news has come before that proof
}
