#include "tests/support/tls_channel.hpp"

#include "tests/support/patience.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <fcntl.h>
#include <poll.h>
#include <stdexcept>

namespace latchkey::test {
namespace {

[[noreturn]] void fail(const std::string& doing)
{
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    const char* const reason = ERR_reason_error_string(code);
    throw std::runtime_error{doing + ": " + (reason != nullptr ? reason : "the connection was cut")};
}

void demand(bool is_good, const std::string& doing)
{
    if (!is_good) fail(doing);
}

SSL_CTX* context_of(const tls_offer& offer)
{
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_security_level(context, 0); // so that old versions can be offered
    SSL_CTX_set_min_proto_version(context, offer.lowest_version);
    SSL_CTX_set_max_proto_version(context, offer.highest_version);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    demand(SSL_CTX_load_verify_locations(context, offer.ca_file.c_str(), nullptr) == 1, "CA");
    if (!offer.protocols.empty()) {
        const auto* const bytes = reinterpret_cast<const unsigned char*>(offer.protocols.data());
        SSL_CTX_set_alpn_protos(context, bytes, static_cast<unsigned>(offer.protocols.size()));
    }
    if (!offer.certificate_file.empty()) {
        demand(SSL_CTX_use_certificate_chain_file(context, offer.certificate_file.c_str()) == 1,
               "certificate");
        demand(SSL_CTX_use_PrivateKey_file(context, offer.key_file.c_str(), SSL_FILETYPE_PEM) == 1, "key");
    }
    return context;
}

} // namespace

tls_channel::tls_channel(const listen_address& server, const tls_offer& offer, std::size_t trickle)
    : socket_{server},
      context_{context_of(offer)},
      ssl_{SSL_new(context_)}
{
    SSL_set_fd(ssl_, socket_.descriptor());
    if (offer.resumed_from != nullptr) SSL_set_session(ssl_, SSL_get0_session(offer.resumed_from));
    SSL_set_connect_state(ssl_);
    try {
        shake_hands(trickle);
    } catch (...) {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
        throw;
    }
}

tls_channel::~tls_channel()
{
    SSL_free(ssl_);
    SSL_CTX_free(context_);
}

void tls_channel::shake_hands(std::size_t trickle)
{
    ERR_clear_error();
    if (trickle == 0) {
        demand(SSL_do_handshake(ssl_) == 1, "handshake");
        return;
    }
    SSL_set0_wbio(ssl_, BIO_new(BIO_s_mem()));
    ::fcntl(descriptor(), F_SETFL, O_NONBLOCK);
    while (true) {
        const int code = SSL_do_handshake(ssl_);
        send_raw(trickle);
        if (code == 1) break;
        demand(SSL_get_error(ssl_, code) == SSL_ERROR_WANT_READ, "handshake");
        pollfd answer{.fd = descriptor(), .events = POLLIN, .revents = 0};
        demand(::poll(&answer, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) == 1,
               "handshake");
    }
    ::fcntl(descriptor(), F_SETFL, 0);
    SSL_set_fd(ssl_, descriptor());
}

void tls_channel::send_raw(std::size_t at_a_time)
{
    std::string part(at_a_time, '\0');
    while (true) {
        const int count = BIO_read(SSL_get_wbio(ssl_), part.data(), static_cast<int>(part.size()));
        if (count <= 0) return;
        socket_.send(std::string_view{part}.substr(0, static_cast<std::size_t>(count)));
    }
}

void tls_channel::send(std::string_view bytes)
{
    ERR_clear_error();
    std::size_t sent = 0;
    demand(SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent) == 1 && sent == bytes.size(), "send");
}

void tls_channel::send_together(const std::vector<std::string_view>& texts)
{
    SSL_set0_wbio(ssl_, BIO_new(BIO_s_mem()));
    for (const std::string_view text : texts)
        send(text);
    send_raw(1 << 16);
    SSL_set_fd(ssl_, descriptor());
}

std::string tls_channel::receive(std::size_t count)
{
    ERR_clear_error();
    std::string got(count, '\0');
    std::size_t have = 0;
    while (have < count) {
        std::size_t more = 0;
        demand(SSL_read_ex(ssl_, got.data() + have, count - have, &more) == 1, "receive");
        have += more;
    }
    return got;
}

std::string tls_channel::receive_all()
{
    ERR_clear_error();
    std::string got;
    std::array<char, 4096> block{};
    while (true) {
        std::size_t more = 0;
        const int code = SSL_read_ex(ssl_, block.data(), block.size(), &more);
        if (code != 1 && SSL_get_error(ssl_, code) == SSL_ERROR_ZERO_RETURN) return got;
        demand(code == 1, "receive");
        got.append(block.data(), more);
    }
}

void tls_channel::finish_sending()
{
    static_cast<void>(SSL_shutdown(ssl_));
}

std::string tls_channel::version() const
{
    return SSL_get_version(ssl_);
}

std::string tls_channel::protocol() const
{
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return size == 0 ? std::string{} : std::string{reinterpret_cast<const char*>(name), size};
}

bool tls_channel::is_resumed() const
{
    return SSL_session_reused(ssl_) == 1;
}

} // namespace latchkey::test
