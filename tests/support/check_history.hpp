// What verifying threads and a revoker saw, and whether it may be: no acceptance that began later than a
// lease after the revocation, and no refusal of a token that lived. Every function but `faults` may be called
// from every thread; times are of the steady clock, which all threads of a machine share.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace latchkey::test {

class check_history {
public:
    using clock = std::chrono::steady_clock;
    using time = clock::time_point;

    explicit check_history(std::size_t tokens) : tokens_(tokens) {}

    std::size_t size() const noexcept { return tokens_.size(); }

    // A check that began at `begun` accepted the token.
    void accepted(std::size_t token, time begun) noexcept
    {
        raise(tokens_[token].last_accepted, begun);
        ++acceptances_;
    }

    // A check that ended at `ended` refused it; not because the store could not be asked.
    void refused(std::size_t token, time ended) noexcept
    {
        lower(tokens_[token].first_refused, ended);
        ++refusals_;
    }

    void unavailable() noexcept { ++outages_; }

    // Nobody had begun to revoke the token before `at`. Said once for each, first.
    void revoking(std::size_t token, time at) noexcept { tokens_[token].live_until = ticks(at); }

    // Redis had certainly executed it at `at`.
    void revoked(std::size_t token, time at) noexcept { tokens_[token].revoked_at = ticks(at); }

    std::uint64_t acceptances() const noexcept { return acceptances_; }
    std::uint64_t refusals() const noexcept { return refusals_; }
    std::uint64_t outages() const noexcept { return outages_; }

    // When all threads have ended: a line for each token that was treated wrongly.
    std::vector<std::string> faults(clock::duration lease) const
    {
        std::vector<std::string> found;
        for (std::size_t number = 0; number < tokens_.size(); ++number) {
            const token_history& one = tokens_[number];
            const std::string name = "token " + std::to_string(number);
            const std::int64_t late = one.last_accepted - one.revoked_at; // no overflow: both are positive
            if (one.revoked_at != never && late > lease.count())
                found.push_back(name + " was accepted by a check that began " + std::to_string(late) +
                                " ns after its revocation");
            if (one.first_refused < one.live_until) found.push_back(name + " was refused while it lived");
        }
        return found;
    }

private:
    static constexpr std::int64_t never = INT64_MAX;

    struct token_history {
        std::atomic<std::int64_t> last_accepted{0};
        std::atomic<std::int64_t> first_refused{never};
        std::atomic<std::int64_t> live_until{never};
        std::atomic<std::int64_t> revoked_at{never};
    };

    static std::int64_t ticks(time at) noexcept { return at.time_since_epoch().count(); }

    static void raise(std::atomic<std::int64_t>& value, time to) noexcept
    {
        std::int64_t known = value;
        while (known < ticks(to) && !value.compare_exchange_weak(known, ticks(to))) {
        }
    }

    static void lower(std::atomic<std::int64_t>& value, time to) noexcept
    {
        std::int64_t known = value;
        while (known > ticks(to) && !value.compare_exchange_weak(known, ticks(to))) {
        }
    }

    std::vector<token_history> tokens_;
    std::atomic<std::uint64_t> acceptances_{0};
    std::atomic<std::uint64_t> refusals_{0};
    std::atomic<std::uint64_t> outages_{0};
};

} // namespace latchkey::test
