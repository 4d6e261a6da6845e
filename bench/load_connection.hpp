// One keep-alive connection of the load generator: requests go out as they become due, pipelined, answers
// are counted as they come in. Owned by the generator's loop, on its thread; the texts that are sent outlive
// it.
#pragma once

#include "bench/answer_reader.hpp"
#include "bench/latency_histogram.hpp"
#include "bench/load_tls.hpp"
#include "server/socket_ring.hpp"
#include "storage/file_descriptor.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <netinet/in.h>
#include <span>
#include <string>
#include <string_view>

namespace latchkey::bench {

using steady_time = std::chrono::steady_clock::time_point;

// What all connections have seen together.
struct load_tally {
    unsigned expected_status = 200;
    bool is_counting = true; // off: answers are taken, but no longer counted

    latency_histogram latencies; // of the expected answers, from the moment that each was due
    std::uint64_t unexpected = 0;
    std::string first_unexpected; // its head and body
    steady_time last_answer{};
};

class load_connection final : private socket_ring::sender {
public:
    // Connects, throws system_error or runtime_error. The tally and the ring outlive the connection.
    load_connection(const sockaddr_in& server, bool is_over_tls, load_tally& tally, socket_ring& ring);

    int number() const noexcept { return socket_.number(); }

    // `text` holds `count` whole requests that were due at `due`. Latencies count from there, whenever the
    // socket takes them. They are sent with what the ring sends next, and over TLS at once.
    void request(std::string_view text, unsigned count, steady_time due);

    // Something came in; `space` is where to read it, which all connections share. Throws when the server
    // closes the connection or answers more than was asked.
    void receive(std::span<char> space);

    // The socket takes more.
    void send_rest();

    // After the ring has sent. Throws system_error when the socket took it ill.
    void check_sent() const;

    // Whether there is something left to send. After the ring has sent, the loop then waits for the socket.
    bool is_blocked() const noexcept { return !unsent_.empty(); }
    bool is_idle() const noexcept { return awaited_.empty(); }

private:
    struct batch {
        steady_time due;
        unsigned count;
    };

    int socket() const noexcept override { return number(); }
    std::string_view unsent() const noexcept override { return unsent_.front(); }
    void on_sent(ssize_t count) noexcept override;

    void take(const answer& found, std::string_view text, steady_time now);

    ssize_t send_some(std::string_view text) noexcept;
    ssize_t receive_some(std::span<char> into) noexcept;

    file_descriptor socket_;
    std::unique_ptr<load_tls> tls_; // over socket_; null: none
    load_tally& tally_;
    socket_ring& ring_;
    int send_error_ = 0;
    answer_reader reader_;
    std::deque<batch> awaited_;
    std::deque<std::string_view> unsent_;
    std::string partial_; // an answer that has not come in as a whole
};

} // namespace latchkey::bench
