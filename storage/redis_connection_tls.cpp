#include "storage/redis_connection_tls.hpp"

#include "storage/redis_connection_tls_stream.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace latchkey {
namespace {

namespace ssl = asio::ssl;

open_error refusal(const std::string& file, const error_code& ec)
{
    return open_error{ec, "cannot use " + file + " for TLS to Redis: " + ec.message()};
}

bool is_address(const std::string& host)
{
    error_code ec;
    asio::ip::make_address(host, ec);
    return !ec;
}

// OpenSSL's own check and not a callback of Asio's, because it tells a wrong name from a wrong issuer.
bool demand_name(SSL* session, const std::string& name)
{
    X509_VERIFY_PARAM* demanded = SSL_get0_param(session);
    X509_VERIFY_PARAM_set_hostflags(demanded, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(name)) return X509_VERIFY_PARAM_set1_ip_asc(demanded, name.c_str()) == 1;
    return X509_VERIFY_PARAM_set1_host(demanded, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(session, name.c_str()) == 1;
}

} // namespace

open_result<std::shared_ptr<const redis_tls>> open_redis_tls(const redis_tls_files& files)
{
    if (files.certificate_file.empty() != files.key_file.empty())
        return open_error{"a client certificate for Redis needs both a certificate file and a key file"};

    ssl::context context{ssl::context::tls_client};
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    error_code ec;
    context.set_verify_mode(ssl::verify_peer, ec);
    if (ec) return refusal("peer verification", ec);
    if (files.ca_file.empty()) {
        context.set_default_verify_paths(ec);
        if (ec) return refusal("the system's certificate authorities", ec);
    } else {
        context.load_verify_file(files.ca_file, ec);
        if (ec) return refusal(files.ca_file, ec);
    }
    if (!files.certificate_file.empty()) {
        context.use_certificate_chain_file(files.certificate_file, ec);
        if (ec) return refusal(files.certificate_file, ec);
        context.use_private_key_file(files.key_file, ssl::context::pem, ec);
        if (ec) return refusal(files.key_file, ec);
    }
    return std::shared_ptr<const redis_tls>{
        std::make_shared<redis_tls>(std::move(context), files.server_name)};
}

std::shared_ptr<redis_stream<redis_tls_stream>> redis_tls::make_stream(executor where,
                                                                       const std::string& host) const
{
    redis_tls_stream stream{redis_tcp_socket{where}, context_};
    const std::string& name = server_name_.empty() ? host : server_name_;
    // Fails for want of memory, or for a name that no certificate can hold. Without its check nobody is
    // spoken to.
    if (!demand_name(stream.native_handle(), name)) return nullptr;
    return std::make_shared<redis_stream<redis_tls_stream>>(std::move(stream));
}

task<std::string> shake_hands(std::shared_ptr<redis_stream<redis_tls_stream>> connection)
{
    error_code ec;
    co_await connection->stream().async_handshake(ssl::stream_base::client,
                                                  asio::redirect_error(use_task, ec));
    if (!ec) co_return "";
    const long verdict = SSL_get_verify_result(connection->stream().native_handle());
    if (verdict != X509_V_OK) {
        co_return std::string{"its certificate is refused: "} + X509_verify_cert_error_string(verdict);
    }
    co_return "no TLS: " + ec.message();
}

} // namespace latchkey
