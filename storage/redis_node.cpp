#include "storage/redis_node.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

redis_reply too_few_replicas(const redis_reply& acknowledged, unsigned wanted)
{
    const std::string seen = acknowledged.is_integer() ? std::to_string(acknowledged.integer) : "none";
    redis_reply reply{.what = redis_reply::kind::error, .text = {}, .items = {}};
    reply.text = "NOREPLICAS " + seen + " of " + std::to_string(wanted) + " replicas have it";
    return reply;
}

} // namespace

redis_node::redis_node(redis_endpoint endpoint,
                       const redis_link_factory& make_link,
                       redis_replication replication)
    : plain_{make_link(endpoint)},
      tracked_{make_link(endpoint)},
      waiting_{replication.replicas > 0 ? make_link(std::move(endpoint)) : plain_},
      replication_{replication}
{}

redis_node::~redis_node()
{
    close();
}

void redis_node::start()
{
    plain_->start();
    tracked_->start();
}

void redis_node::close()
{
    for (const auto& link : {plain_, tracked_, waiting_})
        link->close();
}

task<result<redis_reply>>
redis_node::run(std::shared_ptr<redis_node> self, redis_command command, redis_effect effect, bool is_asking)
{
    self->start();
    const bool waits = self->waits(effect);
    if (!waits && !is_asking) return self->plain_->run(std::move(command));
    return run_alone(std::move(self), std::move(command), waits, is_asking);
}

task<result<redis_reply>> redis_node::run_all(std::shared_ptr<redis_node> self,
                                              std::vector<redis_command> commands)
{
    self->start();
    const bool waits = self->waits(redis_effect::idempotent);
    return run_among(std::move(self), std::move(commands), waits, false);
}

// With what has to leave before and behind them; the replies are those to the commands alone.
task<result<redis_reply>> redis_node::run_among(std::shared_ptr<redis_node> self,
                                                std::vector<redis_command> commands,
                                                bool waits,
                                                bool is_asking)
{
    const auto link = waits ? self->waiting_ : self->plain_;
    const redis_replication wanted = self->replication_;
    if (is_asking) commands.emplace(commands.begin(), "ASKING");
    if (waits) commands.emplace_back("WAIT").arg(std::int64_t{wanted.replicas}).arg(wanted.patience.count());
    if (commands.size() == 1) {
        auto running = link->run(std::move(commands.front()));
        result<redis_reply> reply = co_await std::move(running);
        if (!reply) co_return reply;
        redis_reply alone{.what = redis_reply::kind::array, .text = {}, .items = {}};
        alone.items.push_back(std::move(*reply));
        co_return alone;
    }
    auto running = link->run_all(std::move(commands));
    result<redis_reply> answer = co_await std::move(running);
    if (!answer) co_return answer;
    std::vector<redis_reply>& replies = answer->items;
    if (is_asking) replies.erase(replies.begin());
    if (!waits) co_return answer;
    const redis_reply acknowledged = std::move(replies.back());
    replies.pop_back();
    const bool is_safe = acknowledged.is_integer() && acknowledged.integer >= wanted.replicas;
    const bool is_refused =
        std::all_of(replies.begin(), replies.end(), [](const redis_reply& one) { return one.is_error(); });
    if (!is_safe && !is_refused) co_return too_few_replicas(acknowledged, wanted.replicas);
    co_return answer;
}

task<result<redis_reply>>
redis_node::run_alone(std::shared_ptr<redis_node> self, redis_command command, bool waits, bool is_asking)
{
    std::vector<redis_command> alone;
    alone.push_back(std::move(command));
    auto running = run_among(std::move(self), std::move(alone), waits, is_asking);
    result<redis_reply> answer = co_await std::move(running);
    if (!answer || !answer->is_array()) co_return answer;
    redis_reply reply = std::move(answer->items.front());
    co_return reply;
}

task<tracked_reply> redis_node::run_tracked(const std::shared_ptr<redis_node>& self, redis_command command)
{
    self->start();
    return self->tracked_->run_tracked(std::move(command));
}

task<result<redis_reply>>
redis_node::run_script(std::shared_ptr<redis_node> self, redis_call call, redis_effect effect)
{
    auto by_name = run(self, call.by_name(), effect);
    result<redis_reply> reply = co_await std::move(by_name);
    if (!reply || !reply->is_error("NOSCRIPT")) co_return reply;
    auto by_text = run(self, call.by_text(), effect);
    co_return co_await std::move(by_text);
}

task<result<std::vector<redis_answer>>> redis_node::ask_each(std::vector<std::shared_ptr<redis_node>> nodes,
                                                             redis_command question)
{
    if (nodes.empty()) co_return storage_errc::unavailable;
    std::vector<redis_answer> answers;
    for (const std::shared_ptr<redis_node>& node : nodes) {
        auto running = run(node, question, redis_effect::read);
        result<redis_reply> answer = co_await std::move(running);
        if (!answer) co_return answer.error();
        answers.push_back({to_string(node->address()), std::move(*answer)});
    }
    co_return answers;
}

std::string redis_node::problem() const
{
    std::string problem;
    for (const auto& link : {plain_, tracked_, waiting_}) {
        if (problem.empty()) problem = link->problem();
    }
    return problem;
}

} // namespace latchkey
