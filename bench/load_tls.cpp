#include "bench/load_tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <stdexcept>

namespace latchkey::bench {
namespace {

SSL_CTX* context()
{
    static SSL_CTX* const made = [] {
        SSL_CTX* const fresh = SSL_CTX_new(TLS_client_method());
        if (fresh == nullptr) throw std::runtime_error{"no TLS"};
        constexpr std::array<unsigned char, 9> http11 = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
        SSL_CTX_set_alpn_protos(fresh, http11.data(), http11.size());
        SSL_CTX_set_mode(fresh, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        SSL_CTX_set_read_ahead(fresh, 1);
        return fresh;
    }();
    return made;
}

ssize_t explain(SSL* session, int code) noexcept
{
    const int why = SSL_get_error(session, code);
    ERR_clear_error();
    if (why == SSL_ERROR_ZERO_RETURN) return 0;
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

} // namespace

void load_tls::deleter::operator()(SSL* session) const noexcept
{
    SSL_free(session);
}

load_tls::load_tls(int socket) : session_{SSL_new(context())}
{
    const bool is_shaken =
        session_ && SSL_set_fd(session_.get(), socket) == 1 && SSL_connect(session_.get()) == 1;
    if (!is_shaken) throw std::runtime_error{"the TLS handshake failed"};
    ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

ssize_t load_tls::send(std::string_view text) noexcept
{
    std::size_t sent = 0;
    const int code = SSL_write_ex(session_.get(), text.data(), text.size(), &sent);
    return code == 1 ? static_cast<ssize_t>(sent) : explain(session_.get(), code);
}

ssize_t load_tls::receive(std::span<char> into) noexcept
{
    std::size_t all = 0;
    do {
        std::size_t count = 0;
        const int code = SSL_read_ex(session_.get(), into.data() + all, into.size() - all, &count);
        if (code != 1 && all == 0) return explain(session_.get(), code);
        if (code != 1) break;
        all += count;
    } while (all < into.size() && SSL_has_pending(session_.get()) == 1);
    ERR_clear_error();
    return static_cast<ssize_t>(all);
}

} // namespace latchkey::bench
