// Measures how long a revocation takes to hold everywhere in this process: at every interval it makes a
// token, has each shard accept it, so that each cache knows it, deletes the key, and watches each shard until
// it refuses. Owned by the composition root. It lives on a thread of its own, which only waits: whatever
// touches the store runs on the shards, as a request would.
//
// The keys belong to the system user (contract A18) and carry no rights. They are of no kind that lists show,
// live for a minute if something prevents their deletion, and their secret never leaves the process. What the
// canary does is no act of a principal: no decision is asked for it, and it is neither in the audit trail nor
// among the verifications that are counted.
#pragma once

#include "auth/pepper.hpp"
#include "auth/verifier.hpp"
#include "storage/store.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace latchkey {

struct canary_settings {
    std::chrono::milliseconds interval{10'000};

    // A shard that accepts a token longer than this after its revocation was acknowledged breaks a promise.
    std::chrono::milliseconds bound{0};

    // A run that is not over by then has failed; a shard that still accepts is not watched any longer.
    std::chrono::milliseconds patience{5'000};
};

struct canary_figures {
    using seconds = std::chrono::duration<double>;

    static constexpr std::array<double, 10> bounds = {
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};

    std::uint64_t completed = 0;
    std::uint64_t failed = 0; // nothing could be measured, as when the store is away

    // Runs in which the bound was exceeded for certain: a verification that began later than that after the
    // acknowledgement was still accepted.
    std::uint64_t exceeded = 0;

    // Of completed runs, the slowest shard of each: from before the revocation was sent until the first
    // refusal was known. So the true delay is shorter: that begins when the store executes the revocation.
    std::array<std::uint64_t, bounds.size()> at_most{}; // how many were at most each bound
    seconds sum{};
    seconds last{};
    seconds longest{};
};

class revocation_canary {
public:
    // Called on the canary's thread. Each may be empty.
    struct observer {
        std::function<void(std::string_view why)> failing; // the first of failed runs in a row
        std::function<void()> working;                     // the first run that is completed again
        std::function<void(canary_figures::seconds at_least)> exceeded;
    };

    // `tokens` is what the shards verify with. Keys are made and deleted in `elsewhere`, which is the same
    // store reached as another server reaches it: what this process has changed itself it may know sooner
    // than what others change, and it is the slower way that is to be measured. Both outlive the shards.
    revocation_canary(verifier& tokens,
                      store& elsewhere,
                      const pepper_set& peppers,
                      const clock& now,
                      canary_settings settings,
                      observer told);

    // Stops.
    ~revocation_canary();
    revocation_canary(const revocation_canary&) = delete;
    revocation_canary& operator=(const revocation_canary&) = delete;

    // Begins with a run at once. Once; the contexts of the executors live until stop().
    void start(std::vector<executor> shards);

    // Cuts short what is under way, whatever a shard is doing for it. From any thread.
    void begin_stop();

    // The same, and waits for the thread. From one thread; before the shards' contexts go.
    void stop();

    // Deletes what a run that was cut short has left. After stop(), on any context.
    task<result<void>> clean_up();

    // From any thread.
    canary_figures figures() const;
    std::chrono::milliseconds bound() const noexcept { return settings_.bound; }

private:
    using steady_time = std::chrono::steady_clock::time_point;

    // What the thread waits for. Shared with the work on the shards, which may end after the canary.
    struct signal {
        std::mutex mutex;
        std::condition_variable changed;
        bool is_stopping = false;
    };

    // Set when the work on a shard has ended, and not by an exception. Guarded by the signal's mutex.
    template <class T>
    using answer = std::shared_ptr<std::optional<T>>;

    // How a token that was revoked fared on one shard.
    struct sighting {
        verdict what = verdict::unavailable; // of the last verification
        steady_time last_acceptance{};       // when the last one that was accepted began; epoch: none was
        steady_time ended{};
    };

    struct run_result {
        std::string problem;                                            // why nothing could be measured
        canary_figures::seconds delay{};                                // if nothing prevented it
        std::optional<canary_figures::seconds> accepted_after_answer{}; // none: nowhere accepted after it
    };

    template <class T>
    answer<T> begin(const executor& shard, task<T> work) const;
    template <class T>
    std::optional<T> end_of(const answer<T>& begun) const;
    template <class T>
    std::optional<T> ask(const executor& shard, task<T> work) const
    {
        return end_of(begin(shard, std::move(work)));
    }

    void work();
    bool wait_for_next_run() const; // false: stop
    bool is_stopping() const;
    run_result run_once();
    key_record draft() const;
    run_result watch_everywhere(const secret_text& token, steady_time sent) const;
    static task<sighting> watch(verifier& tokens, std::string token, steady_time deadline);
    void note(const run_result& run);

    verifier& tokens_;
    store& elsewhere_;
    const pepper_set& peppers_;
    const clock& clock_;
    const canary_settings settings_;
    const observer observer_;

    std::vector<executor> shards_;
    const std::shared_ptr<signal> signal_ = std::make_shared<signal>();
    steady_time deadline_{};         // of the run
    std::optional<key_id> leftover_; // perhaps made, and not known to be deleted
    bool is_failing_ = false;
    std::thread thread_;

    mutable std::mutex figures_mutex_;
    canary_figures figures_;
};

} // namespace latchkey
