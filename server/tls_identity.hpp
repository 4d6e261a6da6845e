// What the server shows under TLS: certificate and key, and whom it accepts. TLS 1.2 with forward secrecy and
// authenticated encryption alone (RFC 9325 4.2), and 1.3; ALPN is http/1.1. Made once, then constant: any
// thread may accept with it.
#pragma once

#include "server/tls_session.hpp"
#include "storage/open_error.hpp"

#include <memory>
#include <string>

namespace latchkey {

// Paths of PEM files.
struct tls_files {
    std::string certificate; // followed by those that vouch for it; empty: no TLS
    std::string key;
    std::string client_ca; // clients must show a certificate of these authorities; empty: any client may come
};

class tls_identity {
public:
    // The error names the option whose file is wrong, and why. A key under a passphrase is refused: nobody is
    // there to be asked for it.
    static open_result<std::shared_ptr<const tls_identity>> load(const tls_files& files);

    // On a connection that was just accepted. Throws bad_alloc.
    std::unique_ptr<tls_session> accept(int descriptor) const;

    // When the certificate ends, "2027-02-25T17:38:49Z".
    const std::string& valid_until() const noexcept { return valid_until_; }
    bool is_outdated() const noexcept { return is_outdated_; } // when it was loaded

private:
    struct context_deleter {
        void operator()(ssl_ctx_st* context) const noexcept;
    };
    using owned_context = std::unique_ptr<ssl_ctx_st, context_deleter>;

    explicit tls_identity(owned_context context);

    const owned_context context_;
    std::string valid_until_;
    bool is_outdated_ = false;
};

} // namespace latchkey
