// Sends a load over many connections, from one thread with one epoll set, and measures the answers. Closed
// loop: each connection sends its next batch when the last is answered, which finds the most a server can
// do. Open loop: requests are due at a fixed rate whatever the server does, and a late answer makes none of
// them later, so that the latencies leave nothing out (no coordinated omission).
#pragma once

#include "bench/load_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey::bench {

// All requests of a load as one text, each `depth` of them a batch; sent in a circle.
class request_texts {
public:
    // There is at least one request.
    request_texts(const std::vector<std::string>& requests, unsigned depth);

    std::string_view next() noexcept;
    unsigned depth() const noexcept { return depth_; }

private:
    std::string text_;
    std::vector<std::size_t> ends_; // of the batches
    std::size_t next_ = 0;
    unsigned depth_;
};

// What is asked of a server.
struct load_target {
    sockaddr_in server{};
    request_texts requests;
};

struct load_settings {
    unsigned connections = 64; // dealt to the targets in turn
    bool is_over_tls = false;
    std::uint64_t rate = 0;     // requests a second; 0: closed loop
    double seconds = 5;         // no request is due after that
    std::uint64_t requests = 0; // if not 0: nor after that many
    unsigned expected_status = 200;
};

struct load_outcome {
    load_tally tally;
    double seconds = 0;         // until the end or, if the number of requests was given, the last answer
    latency_histogram lateness; // of the generator itself: how long after they were due requests were sent
    bool is_complete = true;    // everything was answered in the end
};

// There is at least one target. Throws system_error and runtime_error when a server cannot be reached or does
// not keep to HTTP.
load_outcome run_load(const load_settings& settings, std::vector<load_target>& targets);

} // namespace latchkey::bench
