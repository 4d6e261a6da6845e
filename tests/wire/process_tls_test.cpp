// The real program under TLS: what --tls-cert changes on the wire, and what SIGHUP does.
#include "tests/support/certificates.hpp"
#include "tests/support/file_text.hpp"
#include "tests/support/patience.hpp"
#include "tests/support/tls_channel.hpp"
#include "tests/wire/server_process.hpp"
#include "tests/wire/wire_fixture.hpp"

#include <openssl/ssl.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// A server whose certificate can be exchanged.
class tls_server {
public:
    tls_server()
    {
        install(made_.server_certificate(), made_.server_key());
        std::vector<std::string> flags = {"--listen=127.0.0.1:0", "--tls-cert=", "--tls-key="};
        flags[1] += directory_.file("tls.pem");
        flags[2] += directory_.file("tls.key");
        process_.emplace(directory_, 0, std::move(flags));
    }

    void install(const std::string& certificate, const std::string& key) const
    {
        constexpr auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(certificate, directory_.file("tls.pem"), over);
        std::filesystem::copy_file(key, directory_.file("tls.key"), over);
    }

    std::string output() const { return contents_of(server_process::output_file(directory_)); }

    bool says(std::string_view text) const
    {
        return becomes_true([&] { return contains(output(), text); });
    }

    std::unique_ptr<tls_channel> connect() const
    {
        const std::string before = "address=127.0.0.1:";
        REQUIRE(says(before)); // the socket file may answer before it does
        const std::string said = output();
        const auto port = std::stoul(said.substr(said.find(before) + before.size()));
        const boost::asio::ip::tcp::endpoint at{boost::asio::ip::address_v4::loopback(),
                                                static_cast<unsigned short>(port)};
        tls_offer offer;
        offer.ca_file = made_.ca();
        return std::make_unique<tls_channel>(at, offer);
    }

    const certificate_files& files() const { return made_; }
    server_process& process() { return *process_; }

private:
    certificate_files made_;
    temporary_directory directory_;
    std::optional<server_process> process_;
};

std::string answer_to(tls_channel& channel, std::string_view head, std::string_view body = {})
{
    std::string request{head};
    request.append("\r\nHost: a\r\nConnection: close\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n\r\n");
    channel.send(request.append(body));
    return channel.receive_all();
}

std::string subject_of(const tls_channel& channel)
{
    char* const text =
        X509_NAME_oneline(X509_get_subject_name(SSL_get0_peer_certificate(channel.native())), nullptr, 0);
    std::string subject = text;
    OPENSSL_free(text);
    return subject;
}

} // namespace

TEST_CASE("under TLS the API is the same, its URL is https, and its cookie Secure", "[wire][process][tls]")
{
    tls_server server;
    REQUIRE(server.process().connect().request("GET", "/healthz").status == 200); // the socket file: plain

    CHECK(contains(answer_to(*server.connect(), "GET /api/v2/users/me HTTP/1.1"),
                   R"(resource_metadata="https://127.0.0.1:)"));
    std::string credentials = R"({"email":")";
    credentials.append(server_process::email).append(R"(","password":")");
    credentials.append(server_process::password).append(R"("})");
    const std::string login = answer_to(*server.connect(), "POST /api/v2/users/login HTTP/1.1", credentials);
    CHECK(login.starts_with("HTTP/1.1 201"));
    CHECK(contains(login, "Set-Cookie: coder_session_token="));
    CHECK(contains(login, "; Secure"));
    CHECK(server.says("curl -s https://127.0.0.1:"));
}

TEST_CASE("SIGHUP takes up a new certificate, and keeps the old one if it is no good", "[wire][process][tls]")
{
    tls_server server;
    REQUIRE(server.process().connect().request("GET", "/healthz").status == 200);
    const auto open = server.connect();
    CHECK(subject_of(*open) == "/CN=server");

    server.install(server.files().client_certificate(), server.files().server_key()); // not its key
    server.process().send_signal(SIGHUP);
    REQUIRE(server.says("the certificate stays as it was"));
    CHECK(subject_of(*server.connect()) == "/CN=server");

    server.install(server.files().client_certificate(), server.files().client_key());
    server.process().send_signal(SIGHUP);
    CHECK(becomes_true([&] { return subject_of(*server.connect()) == "/CN=client"; }));
    CHECK(answer_to(*open, "GET /healthz HTTP/1.1").starts_with("HTTP/1.1 200 OK"));

    server.process().send_signal(SIGTERM);
    CHECK(server.process().wait() == 0);
}

TEST_CASE("a server whose certificate is no good does not start", "[wire][process][tls]")
{
    const temporary_directory directory;
    const certificate_files made;
    const std::string output = directory.file("output.txt");
    std::vector<std::string> arguments = {
        "serve", "--store=memory:", "--audit-log=", "--tls-cert=", "--tls-key="};
    arguments[2] += directory.file("audit.log");
    arguments[3] += made.server_certificate();
    arguments[4] += made.client_key();
    CHECK(run_program(arguments, output) == 1);
    CHECK(contains(contents_of(output), "latchkey: cannot use --tls-key " + made.client_key()));
}
