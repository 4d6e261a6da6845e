// Tells the operator's log when the store or the audit log stops working and when it works again, once for
// each change: /readyz says the same, to whoever happens to ask. Owned by the application, with a thread of
// its own, so that a log that nobody reads holds no shard up.
#pragma once

#include "server/log.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace latchkey {

class audit_log;
class store;

class health_watch {
public:
    struct state {
        bool works = true;   // to the full: can be read and written
        std::string problem; // one line, also of what works all the same
    };

    struct watched {
        std::string name; // "the audit log"
        std::function<state()> look;
    };

    // `log` outlives it, and so does what the watched look at.
    health_watch(std::vector<watched> all,
                 const logger& log,
                 std::chrono::milliseconds interval = std::chrono::milliseconds{250});
    ~health_watch();
    health_watch(const health_watch&) = delete;
    health_watch& operator=(const health_watch&) = delete;

private:
    void run();
    void look_at(std::size_t which);

    const std::vector<watched> all_;
    const logger& log_;
    const std::chrono::milliseconds interval_;
    std::vector<state> told_; // of each of all_; the thread's own

    std::mutex mutex_;
    std::condition_variable wake_;
    bool should_stop_ = false;
    std::thread thread_;
};

// Both outlive what comes out.
std::vector<health_watch::watched> health_of(const store& records, const audit_log& audit);

} // namespace latchkey
