// One line of the server's log for each request, where the operator asks for it (--log-requests). Owned by
// the application; used on the threads of shards. A line is one write(2): whoever reads standard error must
// keep up with the requests.
#pragma once

#include "server/request.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace latchkey {

class logger;

enum class request_logging : std::uint8_t {
    none,
    api, // all but ANY /verify
    all,
};

struct answered_request {
    std::string_view route{};   // as the table of routes has it; empty: none
    std::string_view address{}; // of the client, after trusted proxies
    std::optional<uuid> user{}; // whom the credential proved
    std::optional<std::chrono::nanoseconds> took{};
};

class access_log {
public:
    access_log(const logger& log, request_logging which) noexcept : log_{log}, which_{which} {}

    bool wants_verifications() const noexcept { return which_ == request_logging::all; }

    // Of the target no more than the route: a path may hold a token (`coder tokens view TOKEN` asks so), and
    // so may a query.
    void write(const request& asked, unsigned status, const answered_request& what) const noexcept;

private:
    const logger& log_;
    const request_logging which_;
};

} // namespace latchkey
