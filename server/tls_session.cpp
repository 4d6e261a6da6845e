#include "server/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <new>
#include <string_view>
#include <sys/socket.h>

namespace latchkey {
namespace {

constexpr std::string_view https_wanted = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: "
                                          "application/json\r\nContent-Length: 48\r\n\r\n"
                                          "{\"message\":\"This port speaks HTTPS, not HTTP.\"}\n";

// What an earlier call, anybody's on this thread, left behind would be taken for a failure of the next.
void forget_old_errors() noexcept
{
    if (ERR_peek_error() != 0) ERR_clear_error();
}

} // namespace

// OpenSSL's own BIO for sockets raises SIGPIPE, and cannot tell that a socket is drained without asking it.
struct socket_bio {
    static int read(BIO* bio, char* into, int space) noexcept
    {
        BIO_clear_retry_flags(bio);
        tls_session& self = *static_cast<tls_session*>(BIO_get_data(bio));
        const auto count =
            static_cast<int>(::recv(self.descriptor_, into, static_cast<std::size_t>(std::max(space, 0)), 0));
        self.is_drained_ = count < space && !(count < 0 && errno == EINTR);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
        return count;
    }

    static int write(BIO* bio, const char* bytes, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        const tls_session& self = *static_cast<tls_session*>(BIO_get_data(bio));
        const auto length = static_cast<std::size_t>(std::max(size, 0));
        ssize_t count = 0;
        do
            count = ::send(self.descriptor_, bytes, length, MSG_NOSIGNAL);
        while (count < 0 && errno == EINTR);
        if (count < 0 && errno == EAGAIN) BIO_set_retry_write(bio);
        return static_cast<int>(count);
    }

    static long control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static BIO_METHOD* method()
    {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "accepted socket");
            if (fresh == nullptr) throw std::bad_alloc{};
            BIO_meth_set_read(fresh, read);
            BIO_meth_set_write(fresh, write);
            BIO_meth_set_ctrl(fresh, control);
            return fresh;
        }();
        return made;
    }
};

tls_session::tls_session(SSL_CTX* context, int descriptor) : descriptor_{descriptor}, ssl_{SSL_new(context)}
{
    if (ssl_ == nullptr) throw std::bad_alloc{};
    BIO* const bio = BIO_new(socket_bio::method());
    if (bio == nullptr) {
        SSL_free(ssl_);
        throw std::bad_alloc{};
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_, bio, bio); // which owns it now
    SSL_set_accept_state(ssl_);
}

tls_session::~tls_session()
{
    SSL_free(ssl_);
}

ssize_t tls_session::receive(char* into, std::size_t space) noexcept
{
    forget_old_errors();
    receives_on_space_ = false;
    std::size_t count = 0;
    const int code = SSL_read_ex(ssl_, into, space, &count);
    if (code == 1) return static_cast<ssize_t>(count);
    return explain_failure(code);
}

ssize_t tls_session::send(const char* bytes, std::size_t count) noexcept
{
    forget_old_errors();
    std::size_t sent = 0;
    const int code = SSL_write_ex(ssl_, bytes, count, &sent);
    if (code == 1) return static_cast<ssize_t>(sent);
    const bool receives_on_space = receives_on_space_;
    const ssize_t failure = explain_failure(code);
    receives_on_space_ = receives_on_space;
    return failure == 0 ? -1 : failure; // a peer that has ended the stream hears no answer
}

// 0 at the end of the stream, -1 with errno otherwise.
ssize_t tls_session::explain_failure(int code) noexcept
{
    switch (SSL_get_error(ssl_, code)) {
    case SSL_ERROR_WANT_READ: errno = EAGAIN; return -1;
    case SSL_ERROR_WANT_WRITE:
        receives_on_space_ = true;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN: return 0;
    case SSL_ERROR_SYSCALL: is_broken_ = true; return 0;
    default: break;
    }
    is_broken_ = true;
    const int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) return 0;
    if (reason == SSL_R_HTTP_REQUEST)
        static_cast<void>(::send(descriptor_, https_wanted.data(), https_wanted.size(), MSG_NOSIGNAL));
    errno = EPROTO;
    return -1;
}

bool tls_session::has_more() const noexcept
{
    return !is_drained_ || SSL_has_pending(ssl_) == 1;
}

bool tls_session::is_established() const noexcept
{
    return SSL_is_init_finished(ssl_) == 1;
}

void tls_session::say_goodbye() noexcept
{
    if (is_broken_ || !is_established()) return;
    forget_old_errors();
    static_cast<void>(SSL_shutdown(ssl_));
}

} // namespace latchkey
