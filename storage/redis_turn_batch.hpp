// What one turn of an io_context asks of Redis together, and the coroutines that wait for it: a command for
// many costs server and Redis less than one for each. Used on the context's thread only.
#pragma once

#include "storage/redis_shard.hpp"

#include <boost/asio/post.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace latchkey {

// A Question has the member of redis_shard that holds this turn's batch, as `Question::batch_of`, and sends a
// turn's questions by `Question::send(here, all)`. Each of those who wait goes on when his `who` is called,
// or ends with the context.
template <class Question>
class redis_turn_batch {
public:
    struct waiting_question {
        Question asked;
        asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type who;
    };
    using questions = std::vector<waiting_question>;

    // Asks when it is awaited.
    static task<void> join(std::shared_ptr<redis_shard> here, Question asked)
    {
        joining starting{std::move(here), std::move(asked)};
        return asio::async_initiate<const asio::use_awaitable_t<executor>, void()>(std::move(starting),
                                                                                   use_task);
    }

private:
    // What `join` waits on.
    class joining {
    public:
        joining(std::shared_ptr<redis_shard> here, Question asked)
            : here_{std::move(here)},
              asked_{std::move(asked)}
        {}

        // Lets go of the shard: the batch owns the waiting coroutine from now on, and thereby this object.
        void operator()(decltype(waiting_question::who) who)
        {
            const auto here = std::exchange(here_, nullptr);
            open_on(here)->all_.push_back({std::move(asked_), std::move(who)});
        }

    private:
        std::shared_ptr<redis_shard> here_;
        Question asked_;
    };

    static std::shared_ptr<redis_turn_batch> open_on(const std::shared_ptr<redis_shard>& here)
    {
        std::weak_ptr<redis_turn_batch>& open = (*here).*Question::batch_of;
        if (auto joined = open.lock()) return joined;
        auto batch = std::make_shared<redis_turn_batch>();
        open = batch;
        // Behind everything that is ready to run now: what it asks joins the batch.
        asio::post(here->where, [here, batch] {
            ((*here).*Question::batch_of).reset();
            Question::send(here, std::move(batch->all_));
        });
        return batch;
    }

    questions all_;
};

// In parts of `most` questions or fewer, those for which `kind_of` gives the same; in their order.
template <class Waiting, class KindOf>
std::vector<std::vector<Waiting>> in_parts(std::vector<Waiting> all, std::size_t most, const KindOf& kind_of)
{
    std::vector<std::vector<Waiting>> parts;
    std::map<decltype(kind_of(all.front().asked)), std::size_t> open; // the part that the next one joins
    for (Waiting& one : all) {
        std::size_t& joined = open.try_emplace(kind_of(one.asked), parts.size()).first->second;
        if (joined < parts.size() && parts[joined].size() == most) joined = parts.size();
        if (joined == parts.size()) parts.emplace_back();
        parts[joined].push_back(std::move(one));
    }
    return parts;
}

} // namespace latchkey
