#include "server/tls_client.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace latchkey::cli {
namespace {

namespace ssl = asio::ssl;

// The stream keeps a reference to OpenSSL's context of its own, so ours may go when this returns.
using tls_stream = ssl::stream<plain_socket>;

bool demand_name(SSL* session, const std::string& name)
{
    X509_VERIFY_PARAM* demanded = SSL_get0_param(session);
    X509_VERIFY_PARAM_set_hostflags(demanded, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    error_code ec;
    asio::ip::make_address(name, ec);
    if (!ec) return X509_VERIFY_PARAM_set1_ip_asc(demanded, name.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(demanded, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(session, name.c_str()) == 1;
}

// A connection cut off without TLS's own goodbye may have lost its end: only the HTTP framing tells.
class tls_channel final : public byte_channel {
public:
    tls_channel(std::shared_ptr<asio::io_context> context, tls_stream stream)
        : channel_{std::move(context), std::move(stream)}
    {}

    error_code send(std::string_view bytes) override { return channel_.send(bytes); }
    std::pair<std::size_t, error_code> receive(std::span<char> into) override
    {
        auto [count, ec] = channel_.receive(into);
        if (ec == ssl::error::stream_truncated) ec = asio::error::eof;
        return {count, ec};
    }

private:
    stream_channel<tls_stream> channel_;
};

} // namespace

std::unique_ptr<byte_channel> open_tls(std::shared_ptr<asio::io_context> context,
                                       plain_socket connected,
                                       const std::string& host,
                                       const std::string& ca_file)
{
    ssl::context settings{ssl::context::tls_client};
    SSL_CTX_set_min_proto_version(settings.native_handle(), TLS1_2_VERSION);
    error_code ec;
    settings.set_verify_mode(ssl::verify_peer, ec);
    if (!ec && ca_file.empty()) settings.set_default_verify_paths(ec);
    if (!ec && !ca_file.empty()) settings.load_verify_file(ca_file, ec);
    if (ec) {
        const std::string& what = ca_file.empty() ? "the system's certificate authorities" : ca_file;
        throw command_failure{ending::usage, "cannot use " + what + ": " + ec.message()};
    }
    tls_stream stream{std::move(connected), settings};
    if (!demand_name(stream.native_handle(), host))
        throw command_failure{ending::usage, "no certificate can name " + host};
    const auto shaken = run_step(
        *context,
        [&](auto handler) { stream.async_handshake(ssl::stream_base::client, handler); },
        [&] { stream.lowest_layer().close(ec); });
    if (!shaken.second) return std::make_unique<tls_channel>(std::move(context), std::move(stream));
    const long verdict = SSL_get_verify_result(stream.native_handle());
    const std::string why = verdict != X509_V_OK ? std::string{"its certificate is refused: "} +
                                                       X509_verify_cert_error_string(verdict)
                                                 : "no TLS: " + shaken.second.message();
    throw command_failure{ending::unreachable, "https://" + host + ": " + why};
}

} // namespace latchkey::cli
