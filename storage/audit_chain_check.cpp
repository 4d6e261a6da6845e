#include "storage/audit_chain_check.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace latchkey {
namespace {

// The writer is at work: a line may be half there, a part renamed between two looks. What is really damaged
// is found so each time.
constexpr int walks = 3;
constexpr std::chrono::milliseconds between_walks{30};

} // namespace

audit_chain_check::audit_chain_check(std::string path, line_digest digest_of)
    : path_{std::move(path)},
      digest_of_{digest_of}
{}

audit_chain_check::~audit_chain_check()
{
    stop();
}

task<result<audit_verdict>> audit_chain_check::run()
{
    if (running_.exchange(true)) co_return storage_errc::overloaded;
    auto work = [this] {
        audit_verdict found = walk();
        running_ = false;
        return found;
    };
    result<audit_verdict> verdict = co_await worker_.run(std::move(work));
    if (!verdict) running_ = false;
    if (stopped_) co_return storage_errc::unavailable;
    co_return verdict;
}

audit_verdict audit_chain_check::walk() const
{
    audit_verdict found = verify_audit_log(path_, digest_of_, &stopped_);
    for (int again = 1; again < walks && found.fault && !stopped_; ++again) {
        std::this_thread::sleep_for(between_walks);
        found = verify_audit_log(path_, digest_of_, &stopped_);
    }
    return found;
}

void audit_chain_check::stop()
{
    stopped_ = true;
    worker_.stop();
}

} // namespace latchkey
