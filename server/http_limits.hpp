// Every bound of the HTTP side in one place: what a client may send, and how long it may take. Set once at
// the start and read by all shards. The tests hold each of them at its edge and one past it.
#pragma once

#include <chrono>
#include <cstddef>

namespace latchkey {

struct http_limits {
    // --- size ---
    std::size_t head_bytes = 16 * 1024;       // request line and fields with all line ends; more: 431
    std::size_t head_fields = 100;            // field lines; more: 431
    std::size_t body_bytes = 4 * 1024 * 1024; // after de-chunking; more: 413 (contract 4.3)
    std::size_t chunk_framing_bytes = 4096;   // one chunk line with extensions, or all trailers; more: 400
    std::size_t input_bytes = 32 * 1024;      // buffer of a connection, at least head + 2 * chunk framing
    std::size_t flush_bytes = 256 * 1024;     // a batch of answers is sent once it is this large
    std::size_t kept_bytes = 64 * 1024;       // what an idle connection keeps of its larger buffers
    // Of a shard: requests that are asked with the one before them (request::found). Each holds 4 to 5 KiB,
    // and may need a command of the store's own; beyond it they wait for their turn.
    std::size_t followers = 4096;
    // For all connections together, see buffer_budget; more: 503 for a body, and the end of the connection
    // for answers. Each shard has its share, but at least what one body and one batch of answers need.
    std::size_t buffer_bytes = 256 * 1024 * 1024;

    // --- time; checked by the sweeper, so each is right to within one sweep_interval ---
    std::chrono::milliseconds idle{75'000}; // between requests; then closed without a word
    std::chrono::milliseconds head{10'000}; // from the first byte of a head to its last; then 408
    std::chrono::milliseconds body{30'000}; // from the head to the whole body, see bytes_per_second; then 408
    std::chrono::milliseconds handling{60'000}; // a handler that takes longer loses its client
    std::chrono::milliseconds write{30'000};    // for the peer to read its answers, see bytes_per_second
    std::size_t bytes_per_second = 32 * 1024;   // each that many bytes of body or answer earn a second more
    std::chrono::milliseconds sweep_interval{250};

    // --- end of a connection: read on for a moment, so that the answer is not lost to a reset ---
    std::chrono::milliseconds linger{2'000};
    std::size_t linger_bytes = 4 * 1024 * 1024;

    // --- server ---
    std::size_t connections = 10'000;       // of all shards together; above: 503 with Retry-After, and closed
    int backlog = 4096;                     // the kernel caps it at net.core.somaxconn
    std::chrono::milliseconds stop{10'000}; // graceful stop: for requests in flight
    std::chrono::milliseconds abandon{1'000}; // after that: for handlers whose clients are gone already
};

} // namespace latchkey
