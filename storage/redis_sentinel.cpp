#include "storage/redis_sentinel.hpp"

#include <utility>
#include <vector>

namespace latchkey {
namespace {

using watch_pointer = std::shared_ptr<redis_primary_watch>;
using node_pointer = std::shared_ptr<redis_node>;

// The refusal of a server that is a replica by now. Null: it does not say so.
const redis_reply* replica_in(const redis_reply& answer) noexcept
{
    if (answer.is_error("READONLY") || answer.is_error("MASTERDOWN")) return &answer;
    for (const redis_reply& each : answer.items) {
        if (const redis_reply* const found = replica_in(each)) return found;
    }
    return nullptr;
}

// What an answer says about the server that gave it. One that is a replica by now has refused a write:
// whether there is a primary that takes it, the next command will find out.
result<redis_reply> judged(const watch_pointer& watch, const node_pointer& node, result<redis_reply> answer)
{
    if (!answer && node->has_been_lost()) watch->leave(node, node->problem());
    const redis_reply* const refusal = answer ? replica_in(*answer) : nullptr;
    if (!refusal) return answer;
    watch->leave(node, to_string(node->address()) + ": " + refusal->text);
    return storage_errc::unavailable;
}

task<result<redis_reply>> run_on_primary(watch_pointer watch, redis_command command, redis_effect effect)
{
    auto finding = redis_primary_watch::primary(watch);
    const node_pointer node = co_await std::move(finding);
    if (!node) co_return storage_errc::unavailable;
    auto running = redis_node::run(node, std::move(command), effect);
    result<redis_reply> answer = co_await std::move(running);
    co_return judged(watch, node, std::move(answer));
}

task<result<redis_reply>> run_all_on_primary(watch_pointer watch, std::vector<redis_command> commands)
{
    auto finding = redis_primary_watch::primary(watch);
    const node_pointer node = co_await std::move(finding);
    if (!node) co_return storage_errc::unavailable;
    auto running = redis_node::run_all(node, std::move(commands));
    result<redis_reply> answer = co_await std::move(running);
    co_return judged(watch, node, std::move(answer));
}

task<tracked_reply> run_tracked_on_primary(watch_pointer watch, redis_command command)
{
    auto finding = redis_primary_watch::primary(watch);
    const node_pointer node = co_await std::move(finding);
    if (!node) co_return tracked_reply{.reply = storage_errc::unavailable};
    auto running = redis_node::run_tracked(node, std::move(command));
    tracked_reply answer = co_await std::move(running);
    answer.reply = judged(watch, node, std::move(answer.reply));
    co_return answer;
}

task<result<std::vector<redis_answer>>> ask_primary(watch_pointer watch, redis_command question)
{
    auto finding = redis_primary_watch::primary(watch);
    const node_pointer node = co_await std::move(finding);
    if (!node) co_return storage_errc::unavailable;
    std::vector<node_pointer> only(1, node);
    auto asking = redis_node::ask_each(std::move(only), std::move(question));
    co_return co_await std::move(asking);
}

} // namespace

redis_sentinel::redis_sentinel(executor where,
                               redis_sentinel_options options,
                               redis_link_factory make_link,
                               redis_link_factory make_sentinel_link)
    : watch_{std::make_shared<redis_primary_watch>(
          where, std::move(options), std::move(make_link), std::move(make_sentinel_link))}
{}

redis_sentinel::~redis_sentinel()
{
    watch_->close();
}

task<result<redis_reply>> redis_sentinel::run(redis_command command, redis_effect effect)
{
    return run_on_primary(watch_, std::move(command), effect);
}

task<result<redis_reply>> redis_sentinel::run_all(std::vector<redis_command> commands)
{
    return run_all_on_primary(watch_, std::move(commands));
}

task<tracked_reply> redis_sentinel::run_tracked(redis_command command)
{
    return run_tracked_on_primary(watch_, std::move(command));
}

task<result<redis_reply>> redis_sentinel::run_script(redis_call call, redis_effect effect)
{
    const watch_pointer watch = watch_; // the client may go while its coroutines still wait
    auto finding = redis_primary_watch::primary(watch);
    const node_pointer node = co_await std::move(finding);
    if (!node) co_return storage_errc::unavailable;
    auto running = redis_node::run_script(node, std::move(call), effect);
    result<redis_reply> answer = co_await std::move(running);
    co_return judged(watch, node, std::move(answer));
}

task<result<std::vector<redis_answer>>> redis_sentinel::run_on_every_server(redis_command command)
{
    return ask_primary(watch_, std::move(command));
}

bool redis_sentinel::is_connected() const
{
    return watch_->is_connected();
}

std::string redis_sentinel::problem() const
{
    return watch_->problem();
}

} // namespace latchkey
