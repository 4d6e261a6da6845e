#include "server/tls_identity.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/certificates.hpp"

#include <cstdlib>
#include <fstream>

namespace latchkey::test {
namespace {

std::string problem_with(const tls_files& files)
{
    const auto loaded = tls_identity::load(files);
    return loaded ? "" : loaded.error().message;
}

} // namespace

TEST_CASE("a certificate and its key are an identity, with an end", "[server][tls]")
{
    const auto loaded = tls_identity::load({.certificate = certificates().server_certificate(),
                                            .key = certificates().server_key(),
                                            .client_ca = {}});

    REQUIRE(loaded.has_value());
    CHECK((*loaded)->valid_until().size() == 20);
    CHECK((*loaded)->valid_until().starts_with("20"));
    CHECK_FALSE((*loaded)->is_outdated());
}

TEST_CASE("what makes no identity is named with its option and the reason", "[server][tls]")
{
    const temporary_directory directory;
    const std::string certificate = certificates().server_certificate();
    const std::string key = certificates().server_key();
    const std::string missing = directory.file("missing.pem");

    CHECK(problem_with({.certificate = missing, .key = key, .client_ca = {}}) ==
          "cannot use --tls-cert " + missing + ": No such file or directory");
    CHECK(problem_with({.certificate = certificate, .key = missing, .client_ca = {}}) ==
          "cannot use --tls-key " + missing + ": No such file or directory");
    CHECK(problem_with({.certificate = certificate, .key = key, .client_ca = missing}) ==
          "cannot use --tls-client-ca " + missing + ": No such file or directory");
    CHECK_THAT(problem_with({.certificate = key, .key = key, .client_ca = {}}),
               Catch::Contains("--tls-cert " + key + ": no start line"));
    CHECK(problem_with({.certificate = certificate, .key = certificate, .client_ca = {}}) ==
          "cannot use --tls-key " + certificate + ": it holds no key in PEM");
    CHECK_THAT(
        problem_with({.certificate = certificate, .key = certificates().client_key(), .client_ca = {}}),
        Catch::Contains("--tls-key") && Catch::Contains("mismatch"));
    CHECK_THAT(problem_with({.certificate = certificate, .key = key, .client_ca = key}),
               Catch::Contains("--tls-client-ca"));
}

TEST_CASE("a key under a passphrase is refused instead of asked for", "[server][tls]")
{
    const temporary_directory directory;
    const std::string locked = directory.file("locked.key");
    const std::string command = "openssl ec -aes128 -passout pass:secret -in " + certificates().server_key() +
                                " -out " + locked + " 2>/dev/null";
    REQUIRE(std::system(command.c_str()) == 0);

    CHECK(
        problem_with({.certificate = certificates().server_certificate(), .key = locked, .client_ca = {}}) ==
        "cannot use --tls-key " + locked + ": it is under a passphrase");
}

} // namespace latchkey::test
