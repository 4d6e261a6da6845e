// Log lines for credentials that the API refused (ASVS 16.3.1). Not audit entries: nobody was proven and
// nothing was to happen, and whoever guesses must not be able to fill the disk of the audit log. At most
// `lines_a_window` lines leave a process in each window; what comes on top is counted, and the next line says
// how many it stands for. One object serves all shards.
#pragma once

#include "auth/rate_window.hpp"
#include "server/log.hpp"

#include <boost/uuid/uuid.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

namespace latchkey {

class refusal_log {
public:
    static constexpr std::uint32_t lines_a_window = 10;
    static constexpr std::chrono::seconds window{10};

    // Both outlive it.
    refusal_log(const logger& log, const clock& now) noexcept : log_{log}, clock_{now} {}

    // `reason` and `route` are the server's own words: nothing that the client sent is written down.
    void note(std::string_view reason,
              std::string_view route,
              std::string_view address,
              const boost::uuids::uuid& request_id) noexcept;

    // Before the end: says how many were counted since the last line.
    void flush() noexcept;

private:
    const logger& log_;
    const clock& clock_;
    rate_window room_{lines_a_window, window};
    std::atomic<std::uint64_t> folded_{0};
};

} // namespace latchkey
