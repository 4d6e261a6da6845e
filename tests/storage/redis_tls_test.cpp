#include "storage/redis_connection_tls.hpp"
#include "tests/storage/redis_fixture.hpp"

#include <fstream>

namespace latchkey::test {
namespace {

std::string problem_with(const redis_endpoint& endpoint, const redis_tls_files& files)
{
    const auto tls = open_redis_tls(files);
    REQUIRE(tls);
    redis_fixture redis{endpoint, {}, *tls};
    const auto reply = redis.run(redis_command{"PING"});
    if (!reply) CHECK(reply.error() == storage_errc::unavailable);
    return redis.client->problem();
}

} // namespace

TEST_CASE("a server under TLS is spoken to when its certificate and name are right", "[storage][redis][tls]")
{
    redis_server server{{.password = "secret", .certificates = &certificates()}};
    redis_endpoint endpoint = server.endpoint();

    CHECK(problem_with(endpoint, {.ca_file = certificates().ca()}).empty());
    endpoint.address.host = "localhost";
    CHECK(problem_with(endpoint, {.ca_file = certificates().ca()}).empty());
}

TEST_CASE("a large value passes TLS in both directions", "[storage][redis][tls]")
{
    redis_server server{{.certificates = &certificates()}};
    redis_fixture redis{server.endpoint(), {}, *open_redis_tls({.ca_file = certificates().ca()})};
    std::string value(3'000'000, 'x');
    value.back() = 'y';

    REQUIRE(redis.run(redis_command{"SET"}.key("large").arg(value)));
    const auto read = redis.run(redis_command{"GET"}.key("large"));

    REQUIRE(read);
    CHECK((read->text == value)); // in parentheses: a failure should not print it
}

TEST_CASE("a server is refused whose certificate names another", "[storage][redis][tls]")
{
    redis_server server{{.certificates = &certificates()}};

    CHECK_THAT(
        problem_with(server.endpoint(), {.ca_file = certificates().ca(), .server_name = "redis.example.com"}),
        Catch::Contains("certificate is refused: hostname mismatch", Catch::CaseSensitive::No));
    CHECK_THAT(problem_with(server.endpoint(), {.ca_file = certificates().ca(), .server_name = "127.0.0.2"}),
               Catch::Contains("certificate is refused: IP address mismatch", Catch::CaseSensitive::No));
    CHECK(problem_with(server.endpoint(), {.ca_file = certificates().ca(), .server_name = "localhost"})
              .empty());
}

TEST_CASE("a server is refused whose certificate an unknown authority has signed", "[storage][redis][tls]")
{
    redis_server server{{.certificates = &certificates()}};
    redis_endpoint endpoint = server.endpoint();
    endpoint.login.database = 1;

    CHECK_THAT(problem_with(endpoint, {.ca_file = certificates().stranger_ca()}),
               Catch::Contains("certificate is refused"));
    CHECK_THAT(problem_with(endpoint, {}), Catch::Contains("certificate is refused"));

    // Nothing was said to it, as the SELECT shows that a right authority lets through.
    CHECK_THAT(server.ask({"INFO", "commandstats"}).text, !Catch::Contains("cmdstat_select"));
    CHECK(problem_with(endpoint, {.ca_file = certificates().ca()}).empty());
    CHECK_THAT(server.ask({"INFO", "commandstats"}).text, Catch::Contains("cmdstat_select"));
}

TEST_CASE("a server that wants a client certificate gets it", "[storage][redis][tls]")
{
    redis_server server{{.certificates = &certificates(), .wants_client_certificate = true}};

    CHECK(problem_with(server.endpoint(),
                       {.ca_file = certificates().ca(),
                        .certificate_file = certificates().client_certificate(),
                        .key_file = certificates().client_key()})
              .empty());
    CHECK_FALSE(problem_with(server.endpoint(), {.ca_file = certificates().ca()}).empty());
}

TEST_CASE("TLS and plain text do not understand each other, and both sides' problem is told",
          "[storage][redis][tls]")
{
    redis_server with_tls{{.certificates = &certificates()}};
    redis_server without;
    redis_endpoint plain_to_tls = with_tls.endpoint();
    plain_to_tls.address.via = redis_address::transport::tcp;
    redis_endpoint tls_to_plain = without.endpoint();
    tls_to_plain.address.via = redis_address::transport::tls;
    redis_limits limits;
    limits.connect_deadline = std::chrono::milliseconds{200};

    redis_fixture plain{plain_to_tls, limits};
    redis_fixture tls{tls_to_plain, limits, *open_redis_tls({.ca_file = certificates().ca()})};

    CHECK(plain.run(redis_command{"PING"}).error() == storage_errc::unavailable);
    CHECK(tls.run(redis_command{"PING"}).error() == storage_errc::unavailable);
    CHECK_FALSE(plain.client->problem().empty());
    CHECK_FALSE(tls.client->problem().empty());
}

TEST_CASE("a file that TLS cannot use is named at start", "[storage][redis][tls]")
{
    const temporary_directory directory;
    const std::string absent = directory.file("absent.pem");
    const std::string garbage = directory.file("garbage.pem");
    std::ofstream{garbage} << "no certificate\n";
    const std::string certificate = certificates().client_certificate();
    const std::string key = certificates().client_key();
    struct sample {
        const char* reason;
        redis_tls_files files;
        std::string said;
    };
    const sample samples[] = {
        {"no such CA file", {.ca_file = absent}, absent},
        {"a CA file without a certificate", {.ca_file = garbage}, garbage},
        {"no such certificate", {.certificate_file = absent, .key_file = key}, absent},
        {"no such key", {.certificate_file = certificate, .key_file = absent}, absent},
        {"the key of another certificate",
         {.certificate_file = certificate, .key_file = certificates().server_key()},
         certificates().server_key()},
        {"a certificate without a key", {.certificate_file = certificate}, "needs both"},
        {"a key without a certificate", {.key_file = key}, "needs both"},
    };
    for (const sample& each : samples) {
        CAPTURE(each.reason);
        const auto tls = open_redis_tls(each.files);

        REQUIRE_FALSE(tls);
        CHECK_THAT(tls.error().message, Catch::Contains(each.said));
    }
}

} // namespace latchkey::test
