// Servers over Redis behind Sentinels and over a Cluster, from the outside.
#include "tests/support/redis_topologies.hpp"
#include "tests/wire/wire_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

header_list as(const std::string& token)
{
    return {{"Coder-Session-Token", token}};
}

// The first user, a token of his, seen by another server; deleted there, and gone here.
void check_life_of_a_token(const std::string& store)
{
    const wire_server one{store, {"--redis-wait-replicas=1"}};
    const wire_server other{store};
    http_client here = one.connect();
    http_client there = other.connect();
    const std::string password = R"("password":")" + good_password + R"("})";
    const std::string user = R"({"email":"root@example.com","username":"root",)" + password;
    REQUIRE(here.request("POST", "/api/v2/users/first", {}, user).status == 201);
    const auto login =
        there.request("POST", "/api/v2/users/login", {}, R"({"email":"root@example.com",)" + password);
    REQUIRE(login.status == 201);
    const std::string session = text(parsed(login), "session_token");
    const auto created = here.request("POST", tokens_path("me"), as(session), R"({"token_name":"one"})");
    REQUIRE(created.status == 201);
    const std::string token = text(parsed(created), "key");

    CHECK(there.request("GET", "/verify", as(token), {}).status == 200);
    CHECK(contains(there.request("GET", tokens_path("me"), as(session), {}).body, id_of(token)));
    CHECK(there.request("DELETE", keys_path("me") + '/' + id_of(token), as(session), {}).status == 204);
    CHECK(here.request("GET", "/verify", as(token), {}).status == 401);
    CHECK(here.request("GET", "/readyz", {}, {}).status == 200);
}

} // namespace

TEST_CASE("servers behind Sentinels are one", "[wire][redis][topology]")
{
    check_life_of_a_token(shared_sentinel().url());
}

TEST_CASE("servers over a Cluster are one", "[wire][redis][topology]")
{
    check_life_of_a_token(shared_cluster().url());
}
