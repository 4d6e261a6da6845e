#include "storage/redis_cluster.hpp"

#include "storage/redis_route.hpp"
#include "storage/run_together.hpp"

#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace latchkey {
namespace {

using nodes_pointer = std::shared_ptr<redis_cluster_nodes>;
using counts_pointer = std::shared_ptr<redis_redirections>;
using node_pointer = redis_cluster_nodes::node_pointer;

node_pointer node_for(redis_cluster_nodes& nodes, std::string_view key)
{
    return key.empty() ? nodes.any_primary() : nodes.holder_of(redis_slot_of(key));
}

// A command on its way: where it goes next.
struct journey {
    node_pointer node;
    bool is_asking = false;
};

// False: it goes no further.
bool redirect(const redis_route_step& step,
              redis_cluster_nodes& nodes,
              redis_redirections& counts,
              journey& on)
{
    using enum redis_route_step::kind;
    if (step.what != follow && step.what != ask) return false;
    on.is_asking = step.what == ask;
    ++(on.is_asking ? counts.asked : counts.moved);
    if (!on.is_asking) nodes.move(step.where.slot, step.where.to);
    on.node = nodes.node_at(step.where.to);
    return true;
}

enum class reading { plain, tracked };

// Once, where it is thought to belong. What an importing server said is vouched for by nobody: that the slot
// goes back, it need not tell.
task<tracked_reply> try_once(journey on, redis_command command, redis_effect effect, reading how)
{
    if (how == reading::tracked && !on.is_asking) {
        auto running = redis_node::run_tracked(on.node, std::move(command));
        co_return co_await std::move(running);
    }
    auto running = redis_node::run(on.node, std::move(command), effect, on.is_asking);
    result<redis_reply> reply = co_await std::move(running);
    co_return tracked_reply{.reply = std::move(reply)};
}

const tracked_reply unavailable{.reply = storage_errc::unavailable};

task<tracked_reply>
send(nodes_pointer nodes, counts_pointer counts, redis_command command, redis_effect effect, reading how)
{
    using enum redis_route_step::kind;
    auto preparing = redis_cluster_nodes::be_ready(nodes);
    co_await std::move(preparing);
    const auto deadline = std::chrono::steady_clock::now() + nodes->options().command_deadline;
    redis_route route{effect};
    journey on{node_for(*nodes, command.slot_key())};
    for (;;) {
        // Nobody waits for a primary that is known to be away: it may take long to be replaced.
        if (!on.node || on.node->is_away()) {
            nodes->want_map();
            co_return unavailable;
        }
        auto trying = try_once(on, command, effect, how);
        tracked_reply answer = co_await std::move(trying);
        const redis_route_step step = route.after(answer.reply, on.node->address());
        if (step.wants_map) nodes->want_map();
        const bool is_split = answer.reply && answer.reply->is_error("TRYAGAIN") && command.name() == "MGET";
        if (step.what == finish || is_split) co_return answer;
        if (step.what == give_up) {
            if (!answer.reply) co_return tracked_reply{.reply = std::move(answer.reply)};
            co_return unavailable;
        }
        if (redirect(step, *nodes, *counts, on)) continue;

        ++counts->tried_again;
        redis_timer pause{nodes->where()};
        do {
            if (std::chrono::steady_clock::now() + step.pause >= deadline) co_return unavailable;
            pause.expires_after(step.pause);
            error_code ignored; // nobody cancels it
            co_await pause.async_wait(asio::redirect_error(use_task, ignored));
            on = {node_for(*nodes, command.slot_key())};
            if (!on.node || on.node->is_away()) nodes->want_map(); // the last one may have come too early
        } while (!on.node || on.node->is_away());
    }
}

// As good as one MGET for a reader, except that not all of it is of the same moment: what a slot on its way
// between two servers allows, where no command of several keys is answered until the last of them has
// arrived.
task<result<redis_reply>> read_one_by_one(nodes_pointer nodes, counts_pointer counts, redis_command many)
{
    redis_reply all{.what = redis_reply::kind::array, .text = {}, .items = {}};
    for (std::size_t index = 1; index < many.size(); ++index) {
        redis_command one{"GET"};
        one.key(many.argument(index));
        auto sending = send(nodes, counts, std::move(one), redis_effect::read, reading::plain);
        tracked_reply value = co_await std::move(sending);
        if (!value.reply || value.reply->is_error()) co_return std::move(value.reply);
        all.items.push_back(std::move(*value.reply));
    }
    co_return all;
}

task<tracked_reply>
run_there(nodes_pointer nodes, counts_pointer counts, redis_command command, redis_effect effect, reading how)
{
    auto sending = send(nodes, counts, command, effect, how);
    tracked_reply answer = co_await std::move(sending);
    if (!answer.reply || !answer.reply->is_error("TRYAGAIN")) co_return answer;
    auto gathering = read_one_by_one(nodes, counts, std::move(command));
    result<redis_reply> gathered = co_await std::move(gathering);
    co_return tracked_reply{.reply = std::move(gathered)};
}

task<result<redis_reply>>
run_plainly(nodes_pointer nodes, counts_pointer counts, redis_command command, redis_effect effect)
{
    auto running = run_there(std::move(nodes), std::move(counts), std::move(command), effect, reading::plain);
    tracked_reply answer = co_await std::move(running);
    co_return std::move(answer.reply);
}

// Each finds its own way, since their slot may be about to move; they share a write all the same.
task<result<redis_reply>>
run_each(nodes_pointer nodes, counts_pointer counts, std::vector<redis_command> commands)
{
    std::vector<task<result<redis_reply>>> runs;
    runs.reserve(commands.size());
    for (redis_command& each : commands)
        runs.push_back(run_plainly(nodes, counts, std::move(each), redis_effect::idempotent));
    const std::size_t all = runs.size();
    auto together = run_together(std::move(runs), all);
    std::vector<result<redis_reply>> replies = co_await std::move(together);

    redis_reply answer{.what = redis_reply::kind::array, .text = {}, .items = {}};
    for (result<redis_reply>& each : replies) {
        if (!each) co_return each.error();
        answer.items.push_back(std::move(*each));
    }
    co_return answer;
}

task<result<std::vector<redis_answer>>> run_everywhere(nodes_pointer nodes, redis_command command)
{
    auto preparing = redis_cluster_nodes::be_ready(nodes);
    co_await std::move(preparing);
    auto asking = redis_node::ask_each(nodes->primaries(), std::move(command));
    co_return co_await std::move(asking);
}

} // namespace

redis_cluster::redis_cluster(executor where, redis_cluster_options options, redis_link_factory make_link)
    : nodes_{std::make_shared<redis_cluster_nodes>(where, std::move(options), std::move(make_link))}
{}

redis_cluster::~redis_cluster()
{
    nodes_->close();
}

task<result<redis_reply>> redis_cluster::run(redis_command command, redis_effect effect)
{
    return run_plainly(nodes_, redirections_, std::move(command), effect);
}

task<result<redis_reply>> redis_cluster::run_all(std::vector<redis_command> commands)
{
    return run_each(nodes_, redirections_, std::move(commands));
}

task<tracked_reply> redis_cluster::run_tracked(redis_command command)
{
    return run_there(nodes_, redirections_, std::move(command), redis_effect::read, reading::tracked);
}

task<result<redis_reply>> redis_cluster::run_script(redis_call call, redis_effect effect)
{
    const nodes_pointer nodes = nodes_; // the client may go while its coroutines still wait
    const counts_pointer counts = redirections_;
    auto by_name = run_plainly(nodes, counts, call.by_name(), effect);
    result<redis_reply> reply = co_await std::move(by_name);
    if (!reply || !reply->is_error("NOSCRIPT")) co_return reply;
    auto by_text = run_plainly(nodes, counts, call.by_text(), effect);
    co_return co_await std::move(by_text);
}

task<result<std::vector<redis_answer>>> redis_cluster::run_on_every_server(redis_command command)
{
    return run_everywhere(nodes_, std::move(command));
}

bool redis_cluster::is_connected() const
{
    return nodes_->is_connected();
}

std::string redis_cluster::problem() const
{
    return nodes_->problem();
}

} // namespace latchkey
