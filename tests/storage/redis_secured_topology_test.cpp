// Sentinels and Clusters that speak TLS only and want passwords, each kind of server its own.
#include "storage/redis_connection_tls.hpp"
#include "tests/storage/redis_topology_fixture.hpp"

namespace latchkey::test {
namespace {

topology_security secured()
{
    return {.certificates = &certificates(), .password = "data-pass", .sentinel_password = "watch-pass"};
}

redis_client_options over_tls()
{
    const auto tls = open_redis_tls({.ca_file = certificates().ca()});
    REQUIRE(tls);
    return {.tls = *tls};
}

// What stands behind the store's first client says why it does not open.
std::string refusal_of(const std::string& url, redis_client_options options)
{
    const fake_clock time;
    const auto topology = parse_redis_topology(url);
    REQUIRE(topology);
    const auto opened =
        run_redis(redis_store::open(redis_clients_of(*topology, std::move(options)), time, {}));
    REQUIRE_FALSE(opened);
    return opened.error().message;
}

void check_use(topology_case& redis)
{
    const uuid owner = redis.add_user(1);
    const key_id id = redis.add_token(1, owner);
    CHECK(redis.is_found(id));
    redis.delete_token(id);
    CHECK_FALSE(redis.is_found(id));
}

} // namespace

TEST_CASE("a store follows a failover behind Sentinels that speak TLS and want passwords",
          "[storage][redis][topology][tls]")
{
    sentinel_servers servers{secured()};
    topology_case redis{servers.topology(), over_tls()};
    check_use(redis);
    const uuid owner = redis.add_user(2);
    const key_id kept = redis.add_token(2, owner);
    servers.wait_until_replicated();

    redis_server& former = servers.primary();
    former.kill();

    CHECK(redis.is_found(kept));
    wait_until("every Sentinel names another", [&] { return &servers.primary() != &former; });

    std::string wrong = servers.url();
    wrong.replace(wrong.find("watch-pass"), 10, "hunter2222");
    const std::string refusal = refusal_of(wrong, over_tls());
    CHECK_THAT(refusal, !Catch::Contains("hunter"));
    CHECK_THAT(refusal, Catch::Contains("WRONGPASS"));
}

TEST_CASE("a store follows a failover in a Cluster that speaks TLS and wants a password",
          "[storage][redis][topology][tls]")
{
    cluster_servers servers{secured()};
    topology_case redis{servers.topology(), over_tls()};
    check_use(redis);
    const uuid owner = redis.add_user(2);
    const key_id kept = redis.add_token(2, owner);
    servers.wait_until_replicated();

    const std::uint16_t slot = redis_slot_of(redis_layout::key(kept));
    redis_server& former = servers.holder_of(slot);
    former.kill();

    CHECK(redis.is_found(kept));
    CHECK(&servers.holder_of(slot) != &former);

    const auto stranger = open_redis_tls({.ca_file = certificates().stranger_ca()});
    REQUIRE(stranger);
    CHECK_THAT(refusal_of(servers.url(), {.tls = *stranger}), Catch::Contains("certificate"));
}

} // namespace latchkey::test
