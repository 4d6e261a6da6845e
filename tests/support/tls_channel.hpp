// A client's half of TLS over a socket of http_client's kind, by OpenSSL itself: what it may offer is the
// test's choice. Every wait is bounded; one that runs out throws, and so does a failed handshake.
#pragma once

#include "tests/support/http_client.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_st;
struct ssl_ctx_st;

namespace latchkey::test {

struct tls_offer {
    std::string ca_file;            // whose servers are believed
    int lowest_version = 0;         // TLS1_2_VERSION and its like; 0: OpenSSL's own choice
    int highest_version = 0;        // likewise
    std::string protocols;          // for ALPN, in wire form: "\x08http/1.1"; empty: none
    std::string certificate_file;   // empty: none is shown
    std::string key_file;           // with it
    ssl_st* resumed_from = nullptr; // of a channel of the same server, to come back with its ticket
};

class tls_channel {
public:
    // Connects and shakes hands. `trickle`: how many bytes of the handshake are sent at a time; 0: as they
    // are.
    tls_channel(const listen_address& server, const tls_offer& offer, std::size_t trickle = 0);
    ~tls_channel();

    tls_channel(const tls_channel&) = delete;
    tls_channel& operator=(const tls_channel&) = delete;

    void send(std::string_view bytes);

    // A record for each text, and all of them in one write to the socket.
    void send_together(const std::vector<std::string_view>& texts);

    // As many bytes of plain text; throws if the stream ends before.
    std::string receive(std::size_t count);

    // Up to the end of the stream. Throws if TLS did not say that it ended there.
    std::string receive_all();

    // Says that nothing more comes, as TLS does.
    void finish_sending();

    std::string version() const;  // "TLSv1.3"
    std::string protocol() const; // chosen by ALPN; empty: none
    bool is_resumed() const;
    ssl_st* native() const noexcept { return ssl_; }
    int descriptor() const noexcept { return socket_.descriptor(); }

private:
    void shake_hands(std::size_t trickle);
    void send_raw(std::size_t at_a_time);

    http_client socket_;
    ssl_ctx_st* context_;
    ssl_st* ssl_ = nullptr;
};

} // namespace latchkey::test
