#include "server/access_log.hpp"

#include "server/log.hpp"

#include <limits>
#include <string>

namespace latchkey {
namespace {

constexpr std::size_t longest_user_agent = 256;

} // namespace

void access_log::write(const request& asked, unsigned status, const answered_request& what) const noexcept
{
    if (which_ == request_logging::none) return;
    try {
        const std::string id = to_string(asked.id);
        const std::string user = what.user ? to_string(*what.user) : std::string{};
        const auto seconds = what.took ? std::chrono::duration<double>(*what.took).count()
                                       : std::numeric_limits<double>::quiet_NaN(); // null in JSON
        log_.info("request",
                  {{"request_id", id},
                   {"method", asked.method_text},
                   {"route", what.route},
                   {"status", status},
                   {"seconds", seconds},
                   {"address", what.address},
                   {"user_id", user},
                   {"trace_id", asked.trace.trace_id},
                   {"parent_id", asked.trace.parent_id},
                   {"user_agent", asked.user_agent.substr(0, longest_user_agent)}});
    } catch (...) {
        // Out of memory: a request must not fail because of a log line.
    }
}

} // namespace latchkey
