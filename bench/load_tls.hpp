// The generator's half of TLS on one connection. Takes any certificate: what is measured is on this machine.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <sys/types.h>

struct ssl_st;

namespace latchkey::bench {

class load_tls {
public:
    // Shakes hands on a connected socket, which is non-blocking from then on. Throws runtime_error.
    explicit load_tls(int socket);

    // As send(2) and recv(2) on a socket that does not block; a receive takes all that is there, if it fits.
    ssize_t send(std::string_view text) noexcept;
    ssize_t receive(std::span<char> into) noexcept;

private:
    struct deleter {
        void operator()(ssl_st* session) const noexcept;
    };

    std::unique_ptr<ssl_st, deleter> session_;
};

} // namespace latchkey::bench
