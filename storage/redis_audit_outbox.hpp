// Audit entries that are in this server's file and not yet in Redis: what could not be sent waits here,
// within a bound. Owned by redis_audit_stream; every function may be called from every thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace latchkey {

class redis_audit_outbox {
public:
    using instant = std::chrono::steady_clock::time_point;

    explicit redis_audit_outbox(std::size_t limit) : limit_{limit} {}

    // Beyond the limit the oldest goes: the stream, which is bounded too, would lose it first.
    void add(std::string line);

    // Up to `most` lines, oldest first. Whoever takes some gives back afterwards what could not be sent, if
    // only nothing.
    std::vector<std::string> take(std::size_t most);
    void give_back(std::size_t taken, std::vector<std::string> unsent);

    // What waits, and what was taken and not given back yet.
    std::size_t size() const;

    // How many lines went unsent, ever.
    std::uint64_t dropped() const;

    // One sends at a time, but for no longer than `longest`: whoever stands on a context that is not run any
    // more does not hold up the others. Whoever got true says end_sending() afterwards.
    bool begin_sending(instant now, std::chrono::milliseconds longest);
    void end_sending();

private:
    void make_room();

    const std::size_t limit_;
    mutable std::mutex mutex_;
    std::deque<std::string> lines_;
    std::size_t taken_ = 0;
    std::uint64_t dropped_ = 0;
    instant busy_until_{};
};

} // namespace latchkey
