#include "server/tls_identity.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <ctime>
#include <new>
#include <string_view>
#include <system_error>
#include <utility>

namespace latchkey {
namespace {

constexpr auto ciphers_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr std::array<unsigned char, 9> http11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

// A client that offers protocols, and not ours, is told so (RFC 7301 3.2).
int choose_protocol(SSL*,
                    const unsigned char** chosen,
                    unsigned char* length,
                    const unsigned char* offered,
                    unsigned offered_size,
                    void*)
{
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, length, http11.data(), http11.size(), offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

// Nobody is there to be asked; notes that the key needs one.
int know_no_passphrase(char*, int, int, void* is_wanted)
{
    if (is_wanted != nullptr) *static_cast<bool*>(is_wanted) = true;
    return -1;
}

// The first is the cause; the rest tells through which functions it came.
std::string why_openssl_failed()
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(ERR_GET_REASON(code));
    if (ERR_GET_REASON(code) == ERR_R_UNSUPPORTED) return "it holds no key in PEM";
    const char* const reason = ERR_reason_error_string(code);
    return reason != nullptr ? reason : "OpenSSL does not say why";
}

open_error refusal_of(std::string_view option, const std::string& path, const std::string& why)
{
    return open_error{"cannot use --" + std::string{option} + " " + path + ": " + why};
}

void set_up(SSL_CTX* context)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, ciphers_of_tls12);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Clients come back with tickets, under a key that lives and dies with this context: one that was
    // replaced resumes nothing, so that its authorities' clients do not outlive it.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    constexpr std::string_view id = "latchkey";
    SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(id.data()), id.size());
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                         SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1); // one recv(2) for a record, not one for its head and one for the rest
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_default_passwd_cb(context, know_no_passphrase);
}

// Empty: it is taken.
std::string take_key(SSL_CTX* context, const std::string& path)
{
    bool is_passphrase_wanted = false;
    SSL_CTX_set_default_passwd_cb_userdata(context, &is_passphrase_wanted);
    const bool is_taken = SSL_CTX_use_PrivateKey_file(context, path.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (is_taken) return {};
    const std::string why = why_openssl_failed();
    return is_passphrase_wanted ? "it is under a passphrase" : why;
}

bool demand_clients_of(SSL_CTX* context, const std::string& path)
{
    if (SSL_CTX_load_verify_locations(context, path.c_str(), nullptr) != 1) return false;
    auto* const names = SSL_load_client_CA_file(path.c_str());
    if (names == nullptr) return false;
    SSL_CTX_set_client_CA_list(context, names); // which owns them now
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    return true;
}

} // namespace

void tls_identity::context_deleter::operator()(SSL_CTX* context) const noexcept
{
    SSL_CTX_free(context);
}

open_result<std::shared_ptr<const tls_identity>> tls_identity::load(const tls_files& files)
{
    ERR_clear_error();
    owned_context made{SSL_CTX_new(TLS_server_method())};
    if (!made) throw std::bad_alloc{};
    SSL_CTX* const context = made.get();
    set_up(context);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return refusal_of("tls-cert", files.certificate, why_openssl_failed());
    if (const std::string why = take_key(context, files.key); !why.empty())
        return refusal_of("tls-key", files.key, why);
    if (!files.client_ca.empty() && !demand_clients_of(context, files.client_ca))
        return refusal_of("tls-client-ca", files.client_ca, why_openssl_failed());
    return std::shared_ptr<const tls_identity>{new tls_identity{std::move(made)}};
}

tls_identity::tls_identity(owned_context context) : context_{std::move(context)}
{
    const ASN1_TIME* const end = X509_get0_notAfter(SSL_CTX_get0_certificate(context_.get()));
    std::tm parts{};
    if (ASN1_TIME_to_tm(end, &parts) != 1) return;
    std::array<char, sizeof "9999-12-31T23:59:59Z"> text{};
    valid_until_.assign(text.data(), std::strftime(text.data(), text.size(), "%FT%TZ", &parts));
    is_outdated_ = X509_cmp_current_time(end) < 0;
}

std::unique_ptr<tls_session> tls_identity::accept(int descriptor) const
{
    return std::make_unique<tls_session>(context_.get(), descriptor);
}

} // namespace latchkey
