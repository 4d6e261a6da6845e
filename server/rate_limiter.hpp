// How often one caller may use one endpoint in a minute (contract 3.8). Counts in this process only; the
// table is striped, so that two shards hardly ever meet on a lock, and bounded, so that no flood of callers
// makes it grow. One object serves all shards.
#pragma once

#include "auth/crypto.hpp"
#include "server/router.hpp"
#include "storage/clock.hpp"

#include <boost/asio/ip/address.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

namespace latchkey {

struct rate_limits {
    unsigned api = 512; // --api-rate-limit; 0 turns every limit off, that of logins as well (contract A13)
    unsigned login = 60;
    unsigned guess = 6000; // --guess-limit
    std::size_t tracked_callers =
        64 * 1024; // per rate class and window; beyond, an arbitrary one is forgotten
};

// What a caller is told about the limit that applies.
struct rate_decision {
    bool applies = false; // false: no limit here, nothing to tell
    bool refused = false;
    unsigned limit = 0;
    unsigned remaining = 0;
    std::chrono::sys_seconds reset;      // when the current window ends
    std::chrono::seconds retry_after{0}; // to the end of the window, at least 1; where refused
};

// A proven user, or the address that an unproven request came from. IPv6 counts by its /64, which is what
// one subscriber gets.
using rate_subject = std::variant<uuid, boost::asio::ip::address>;

class rate_limiter {
public:
    static constexpr std::chrono::seconds window{60};

    rate_limiter(rate_limits limits, const clock& now);

    // The bound for a class; 0: none.
    unsigned limit_of(rate_class what) const noexcept;

    // Counts one request unless it is refused. The sliding window is approximated by two fixed ones: what
    // the last one counted fades out linearly while the current one goes on.
    [[nodiscard]] rate_decision count(rate_class what, const rate_subject& who, std::string_view endpoint);

    // How many counters are held now, expired ones included.
    std::size_t tracked() const;

private:
    using fingerprint = std::array<std::uint8_t, 16>;

    struct fingerprint_hash {
        std::size_t operator()(const fingerprint& key) const noexcept;
    };
    using counters = std::unordered_map<fingerprint, unsigned, fingerprint_hash>;

    struct stripe {
        mutable std::mutex mutex;
        std::int64_t number = 0; // of the window that `current` counts
        counters current;
        counters previous;

        void move_to(std::int64_t window_number);
    };

    static constexpr std::size_t stripe_count = 16;

    fingerprint fingerprint_of(rate_class what, const rate_subject& who, std::string_view endpoint) const;

    const rate_limits limits_;
    const clock& clock_;
    // The table's keys are digests under a key of this process: nobody can aim at another one's counter.
    const digest process_key_;
    // Logins and guesses have tables of their own, so that a flood of one kind cannot push the counters of
    // another out.
    std::array<std::array<stripe, stripe_count>, 3> tables_;
};

} // namespace latchkey
