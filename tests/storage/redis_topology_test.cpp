#include "storage/redis_topology.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

#include <string_view>

namespace latchkey::test {
namespace {

using transport = redis_address::transport;

redis_topology parsed_topology(std::string_view url)
{
    auto topology = parse_redis_topology(url);
    INFO((topology ? "" : topology.error().message));
    REQUIRE(topology);
    return std::move(*topology);
}

} // namespace

TEST_CASE("the URL of one server is a topology of one", "[storage][redis]")
{
    const redis_topology one = parsed_topology("rediss://u:p@db:7000/4");

    CHECK(one.what == redis_topology::kind::standalone);
    CHECK(one.via == transport::tls);
    CHECK(one.endpoint().address.host == "db");
    CHECK(one.endpoint().login.user == "u");
    CHECK(one.endpoint().login.database == 4);
    CHECK(to_string(one) == "rediss://db:7000");
    CHECK(parsed_topology("unix:/run/r.sock").endpoint().address.path == "/run/r.sock");
}

TEST_CASE("a Sentinel URL names the Sentinels, the service, the database and the servers' login",
          "[storage][redis]")
{
    const redis_topology many =
        parsed_topology("redis+sentinel://al%40ice:p%2Fw@s1,s2:26380,[::1]:1/my-main/3");

    CHECK(many.what == redis_topology::kind::sentinel);
    CHECK(many.via == transport::tcp);
    REQUIRE(many.servers.size() == 3);
    CHECK(many.servers[0] == redis_address{.host = "s1", .port = 26379, .path = {}});
    CHECK(many.servers[1] == redis_address{.host = "s2", .port = 26380, .path = {}});
    CHECK(many.servers[2] == redis_address{.host = "::1", .port = 1, .path = {}});
    CHECK(many.service == "my-main");
    CHECK(many.login.user == "al@ice");
    CHECK(many.login.password == "p/w");
    CHECK(many.login.database == 3);
    CHECK(many.sentinel_login.password.empty());
    CHECK(to_string(many) == "redis+sentinel://s1:26379,s2:26380,[::1]:1/my-main");
}

TEST_CASE("Sentinels have a login of their own, or none", "[storage][redis]")
{
    const redis_topology many = parsed_topology("rediss+sentinel://:data@s1/main?sentinel=watch:dog%3F");

    CHECK(many.via == transport::tls);
    CHECK(many.login.password == "data");
    CHECK(many.sentinel_login.user == "watch");
    CHECK(many.sentinel_login.password == "dog?");
    CHECK(to_string(many) == "rediss+sentinel://s1:26379/main");
}

TEST_CASE("Sentinels are asked over TLS where the data is, unless the URL says that they speak in clear",
          "[storage][redis]")
{
    CHECK(parsed_topology("rediss+sentinel://s1,s2/main").servers.back().via == transport::tls);
    CHECK(parsed_topology("redis+sentinel://s1,s2/main").servers.back().via == transport::tcp);

    for (const std::string_view url : {"rediss+sentinel://s1,s2/main?sentinel-tls=no",
                                       "rediss+sentinel://s1,s2/main?sentinel=:dog&sentinel-tls=no",
                                       "rediss+sentinel://s1,s2/main?sentinel-tls=no&sentinel=:dog"}) {
        const redis_topology many = parsed_topology(url);
        CHECK(many.via == transport::tls);
        CHECK(many.servers.front().via == transport::tcp);
        CHECK(many.servers.back().via == transport::tcp);
    }
}

TEST_CASE("a Cluster URL names nodes to begin with and a login for all", "[storage][redis]")
{
    const redis_topology many = parsed_topology("rediss+cluster://:secret@a,b:7001");

    CHECK(many.what == redis_topology::kind::cluster);
    CHECK(many.via == transport::tls);
    REQUIRE(many.servers.size() == 2);
    CHECK(many.servers[0] == redis_address{.via = transport::tls, .host = "a", .port = 6379, .path = {}});
    CHECK(many.servers[1] == redis_address{.via = transport::tls, .host = "b", .port = 7001, .path = {}});
    CHECK(many.login.password == "secret");
    CHECK(to_string(many) == "rediss+cluster://a:6379,b:7001");
}

TEST_CASE("a topology URL that means nothing is refused without quoting it", "[storage][redis]")
{
    for (const std::string_view url : {
             "redis+sentinel://hunter2",                                 // no service
             "redis+sentinel://hunter2/",                                // an empty one
             "redis+sentinel://a/hunter 2",                              // a name that Sentinels do not allow
             "redis+sentinel://a/main/hunter2",                          // no number
             "redis+sentinel://a/main/1/hunter2",                        // more than there is
             "redis+sentinel://a/main?hunter2",                          // an unknown question
             "redis+sentinel://a/main?sentinel=hunter2",                 // a user without a password
             "redis+sentinel://a/main?sentinel=:h&sentinel=:hunter2",    // two logins
             "redis+sentinel://a/main?sentinel-tls=no",                  // it is not over TLS anyway
             "rediss+sentinel://a/main?sentinel-tls=hunter2",            // neither yes nor no
             "rediss+sentinel://a/main?sentinel-tls=no&sentinel-tls=no", // said twice
             "redis+sentinel://:hunter/2@a/main",                        // a '/' that is not encoded
             "redis+sentinel://a,,b/main",                               // an empty host
             "redis+sentinel://a:hunter2/main",                          // no port
             "redis+cluster://",                                         // nothing at all
             "redis+cluster://a/2",                                      // a Cluster has one database
             "redis+cluster://hunter2@a",                                // a user without a password
             "redis+cluster://a,hunter2@b",                              // the login comes first
             "rediss+unix:///hunter2",                                   // nothing of the kind
         }) {
        CAPTURE(url);
        const auto refused = parse_redis_topology(url);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message.find("hunter") == std::string::npos);
        CHECK(refused.error().message.find('\n') == std::string::npos);
    }
}

} // namespace latchkey::test
