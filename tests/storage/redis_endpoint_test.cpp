#include "storage/redis_endpoint.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

#include <string>

namespace latchkey::test {

using transport = redis_address::transport;

TEST_CASE("a Redis URL says where the server is and who logs in", "[storage][redis]")
{
    struct sample {
        const char* reason;
        const char* url;
        redis_address address;
        const char* user;
        const char* password;
        unsigned database;
    };
    const auto tcp = [](const char* host, std::uint16_t port) {
        return redis_address{.via = transport::tcp, .host = host, .port = port, .path = {}};
    };
    const auto tls = [](const char* host, std::uint16_t port) {
        return redis_address{.via = transport::tls, .host = host, .port = port, .path = {}};
    };
    const auto local = [](const char* path) {
        return redis_address{.via = transport::local, .host = {}, .port = 0, .path = path};
    };
    const sample samples[] = {
        {"a name alone", "redis://cache", tcp("cache", 6379), "", "", 0},
        {"with a port", "redis://cache.example:7000", tcp("cache.example", 7000), "", "", 0},
        {"with a slash and no database", "redis://cache/", tcp("cache", 6379), "", "", 0},
        {"with a database", "redis://10.0.0.1:1/15", tcp("10.0.0.1", 1), "", "", 15},
        {"an IPv6 address", "redis://[::1]", tcp("::1", 6379), "", "", 0},
        {"an IPv6 address and a port", "redis://[fe80::1]:6380/2", tcp("fe80::1", 6380), "", "", 2},
        {"TLS", "rediss://cache:6380", tls("cache", 6380), "", "", 0},
        {"the default user's password", "redis://:pass@cache", tcp("cache", 6379), "", "pass", 0},
        {"a user", "redis://ann:pass@cache/3", tcp("cache", 6379), "ann", "pass", 3},
        {"percent-encoding", "redis://a%3Ab:p%2f%40%25@cache", tcp("cache", 6379), "a:b", "p/@%", 0},
        {"'@' and ':' as they are", "redis://ann:p@s:s@cache", tcp("cache", 6379), "ann", "p@s:s", 0},
        {"a socket file", "unix:/run/redis.sock", local("/run/redis.sock"), "", "", 0},
        {"a socket file as a URL", "unix:///run/redis.sock?db=4", local("/run/redis.sock"), "", "", 4},
        {"a socket file and a user", "redis+unix://ann:pass@/r/s", local("/r/s"), "ann", "pass", 0},
        {"an encoded path", "unix:/a%20b%3Fc", local("/a b?c"), "", "", 0},
    };
    for (const sample& each : samples) {
        CAPTURE(each.reason);
        const auto endpoint = parse_redis_endpoint(each.url);

        REQUIRE(endpoint);
        CHECK((endpoint->address == each.address));
        CHECK(endpoint->login.user == each.user);
        CHECK(endpoint->login.password == each.password);
        CHECK(endpoint->login.database == each.database);
    }
}

TEST_CASE("a Redis URL that is wrong is refused in one line that quotes none of it", "[storage][redis]")
{
    struct sample {
        const char* reason;
        std::string url;
        const char* said;
    };
    const sample samples[] = {
        {"another scheme", "http://cnry:cnry@cnry", "must begin with redis://"},
        {"nothing", "", "must begin with redis://"},
        {"no host", "redis://", "no host"},
        {"no host behind a login", "redis://:cnry@", "no host"},
        {"an empty IPv6 address", "redis://[]:1", "no host"},
        {"an IPv6 address without an end", "redis://[::1", "no host"},
        {"something behind an IPv6 address", "redis://[::1]cnry", "behind ']'"},
        {"a bare IPv6 address", "redis://::1", "no host"},
        {"a space in the host", "redis://cn ry", "character in its host"},
        {"a query", "redis://cache?db=1", "character in its host"},
        {"several hosts, which is Sentinel's or a Cluster's form", "redis://a,b", "character in its host"},
        {"port 0", "redis://cache:0", "port"},
        {"a port too large", "redis://cache:65536", "port"},
        {"no port behind the colon", "redis://cache:", "port"},
        {"a port with a sign", "redis://cache:+1", "port"},
        {"a database that is no number", "redis://cache/cnry", "number of a database"},
        {"a database and more", "redis://cache/1/2", "number of a database"},
        {"a negative database", "redis://cache/-1", "number of a database"},
        {"a password that looks like a user", "redis://cnry@cache", "user without a password"},
        {"no password at all", "redis://cnry:@cache", "empty password"},
        {"a slash in the password", "redis://ann:cnry/cnry@cache", "percent-encode"},
        {"a percent sign in the password", "redis://ann:cnry%@cache", "encodes nothing"},
        {"a percent sign and one digit", "redis://ann:cnry%4@cache", "encodes nothing"},
        {"NUL in the password", "redis://ann:cnry%00@cache", "encodes nothing"},
        {"a relative path", "unix:cnry.sock", "absolute path"},
        {"no path", "unix:", "absolute path"},
        {"a host before the path", "redis+unix://cnry/redis.sock", "has no host"},
        {"a path too long for a socket", "unix:/" + std::string(108, 'x'), "too long"},
        {"a parameter that nobody knows", "unix:/r?cnry=1", "?db="},
        {"a database that is no number, by parameter", "unix:/r?db=cnry", "?db="},
    };
    for (const sample& each : samples) {
        CAPTURE(each.reason);
        const auto endpoint = parse_redis_endpoint(each.url);

        REQUIRE_FALSE(endpoint);
        const std::string& message = endpoint.error().message;
        CHECK_THAT(message, Catch::Contains(each.said));
        CHECK(message.find("cnry") == std::string::npos);
        CHECK(message.find('\n') == std::string::npos);
    }
}

TEST_CASE("an address is printed without credentials", "[storage][redis]")
{
    CHECK(to_string(parse_redis_endpoint("redis://ann:pass@cache/2")->address) == "redis://cache:6379");
    CHECK(to_string(parse_redis_endpoint("rediss://[::1]:1")->address) == "rediss://[::1]:1");
    CHECK(to_string(parse_redis_endpoint("redis+unix://:pass@/run/r")->address) == "unix:/run/r");
}

} // namespace latchkey::test
