// The server's half of TLS on one accepted connection. To its owner it is a socket: receive() and send() do
// what recv(2) and send(2) do, on the plain text. Used on the thread of its connection.
#pragma once

#include <cstddef>
#include <sys/types.h>

struct ssl_st;
struct ssl_ctx_st;
struct bio_st;

namespace latchkey {

class tls_session {
public:
    // `descriptor` does not block, and outlives this. The session holds on to `context`, which its server may
    // let go of meanwhile. Throws bad_alloc.
    tls_session(ssl_ctx_st* context, int descriptor);
    ~tls_session();

    tls_session(const tls_session&) = delete;
    tls_session& operator=(const tls_session&) = delete;

    // As recv(2) without flags; takes the handshake on with what has arrived. 0: the peer has ended the
    // stream, properly or not (HTTP's framing tells whether something is missing). -1 with EAGAIN: no plain
    // text yet; with EPROTO: this is not TLS as we speak it, and the peer has been told.
    ssize_t receive(char* into, std::size_t space) noexcept;

    // As send(2) with MSG_NOSIGNAL. After EAGAIN it is called again with the same bytes, and maybe more.
    ssize_t send(const char* bytes, std::size_t count) noexcept;

    // The socket has something, or its end. A receive() that is served from what was read before leaves it
    // there, and nobody says so again.
    void note_readable() noexcept { is_drained_ = false; }

    // Whether another receive() may find something before the socket has more: after one that was not
    // refused.
    bool has_more() const noexcept;

    // receive() waits for space in the socket, since it has to answer the peer first.
    bool receives_on_space() const noexcept { return receives_on_space_; }

    // The handshake is done.
    bool is_established() const noexcept;

    // Tells the peer that nothing more comes, so that nobody else can say so (RFC 8446 6.1). Best effort.
    void say_goodbye() noexcept;

private:
    friend struct socket_bio;

    ssize_t explain_failure(int code) noexcept;

    const int descriptor_;
    ssl_st* const ssl_;
    bool is_drained_ = true; // the socket had less than was asked for, and nothing has come since
    bool receives_on_space_ = false;
    bool is_broken_ = false; // OpenSSL must not be asked to say goodbye
};

} // namespace latchkey
