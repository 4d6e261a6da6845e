#include "storage/redis_audit_batch.hpp"

#include <utility>

namespace latchkey {

// What `join` waits on.
class redis_audit_batch::joining {
public:
    joining(std::shared_ptr<redis_audit_batch> batch, std::string line, moment until)
        : batch_{std::move(batch)},
          line_{std::move(line)},
          until_{until}
    {}

    // Lets go of the batch, which from now on owns the waiting coroutine and thereby this object.
    void operator()(waiter who)
    {
        const auto batch = std::exchange(batch_, nullptr);
        batch->lines_.push_back(std::move(line_));
        batch->waiting_for(until_).push_back(std::move(who));
    }

private:
    std::shared_ptr<redis_audit_batch> batch_;
    std::string line_;
    moment until_;
};

task<void> redis_audit_batch::join(std::shared_ptr<redis_audit_batch> batch, std::string line, moment until)
{
    joining starting{std::move(batch), std::move(line), until};
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(std::move(starting), use_task);
}

void redis_audit_batch::reach(moment reached)
{
    std::vector<waiter> waiting = std::exchange(waiting_for(reached), {});
    for (waiter& each : waiting)
        std::move(each)();
}

} // namespace latchkey
