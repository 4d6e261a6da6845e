// Walks the audit log of a running server to see that it is whole, for as many callers as ask but one at a
// time. Has a thread of its own, since a long log takes seconds, and searches and logins must not wait for
// that. Owned by the application, which stops it before the io_contexts of its callers are destroyed.
#pragma once

#include "storage/audit_verify.hpp"
#include "storage/task.hpp"
#include "storage/worker_pool.hpp"

#include <atomic>
#include <string>

namespace latchkey {

class audit_chain_check {
public:
    audit_chain_check(std::string path, line_digest digest_of);
    ~audit_chain_check();

    // overloaded: another check runs. unavailable: stopped meanwhile.
    task<result<audit_verdict>> run();

    // Breaks off a check that runs, and joins the thread. May be called twice.
    void stop();

private:
    audit_verdict walk() const;

    const std::string path_;
    const line_digest digest_of_;
    std::atomic<bool> running_{false};
    std::atomic<bool> stopped_{false};
    worker_pool worker_{1, 1};
};

} // namespace latchkey
