// What one shard counts. Written on the shard's thread only, so that counting is an ordinary addition; read
// by whoever scrapes. Owned by `metrics`.
#pragma once

#include "server/request_figures.hpp"
#include "server/shard_figure.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace latchkey {

// No more than the answer says itself: whoever may read metrics must not learn from them whether an id
// exists, or why a token was refused.
enum class verification_outcome : std::uint8_t {
    accepted,
    insufficient, // a good token without the rights that were asked for
    refused,
    no_token, // or a request that is not looked at further
    unavailable,
};

inline constexpr std::array<std::string_view, 5> verification_outcome_names = {
    "accepted", "insufficient", "refused", "no_token", "unavailable"};

enum class login_outcome : std::uint8_t { accepted, refused, failed };
inline constexpr std::array<std::string_view, 3> login_outcome_names = {"accepted", "refused", "failed"};

// Cache lines of its own, two at a time: processors fetch them in pairs.
struct alignas(128) shard_metrics {
    void count(verification_outcome what) noexcept { verifications[static_cast<std::size_t>(what)].add(); }
    void count(login_outcome what) noexcept { logins[static_cast<std::size_t>(what)].add(); }

    std::array<shard_figure, verification_outcome_names.size()> verifications; // answers of /verify
    shard_figure connections_open;
    shard_figure connections_accepted;
    shard_figure connections_refused; // beyond the limit
    shard_figure buffered_bytes;      // see buffer_budget
    shard_figure buffers_refused;
    std::array<shard_figure, login_outcome_names.size()> logins;
    latency_figures asked_verifications; // that the store had to be asked for
    request_figures requests;
};

} // namespace latchkey
