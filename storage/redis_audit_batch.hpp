// The lines that one turn of an io_context has for the stream of audit entries, and the coroutines that
// wait for them: they leave for Redis together, as one write of one coroutine. Used on the context's thread
// only; made by std::make_shared, and kept by whoever will send it.
#pragma once

#include "storage/task.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

class redis_audit_batch {
public:
    enum class moment : std::uint8_t {
        leaving,  // on its way to Redis: nothing that is asked for from now on gets there earlier
        answered, // in the stream, or in the outbox
    };

    redis_audit_batch() = default;
    redis_audit_batch(const redis_audit_batch&) = delete;
    redis_audit_batch& operator=(const redis_audit_batch&) = delete;

    // Adds the line when it is awaited, and completes at the moment.
    static task<void> join(std::shared_ptr<redis_audit_batch> batch, std::string line, moment until);

    // The lines so far, once.
    std::vector<std::string> take() noexcept { return std::move(lines_); }

    // Those who waited for the moment go on before this returns; they may throw.
    void reach(moment reached);

private:
    using waiter = asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type;

    class joining;

    std::vector<waiter>& waiting_for(moment what) noexcept
    {
        return what == moment::leaving ? until_leaving_ : until_answered_;
    }

    std::vector<std::string> lines_;
    std::vector<waiter> until_leaving_;
    std::vector<waiter> until_answered_;
};

} // namespace latchkey
