#include "storage/redis_shard.hpp"

#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

constexpr int most_tries = 3;
// Longer than a client's first try to come back.
constexpr std::chrono::milliseconds pause_before_second_try{60};
constexpr std::chrono::milliseconds pause_between_flushes{100};

} // namespace

void redis_condition::set_read_problem(std::string problem)
{
    const std::lock_guard hold{mutex_};
    read_problem_ = std::move(problem);
}

void redis_condition::set_write_problem(std::string problem)
{
    const std::lock_guard hold{mutex_};
    write_problem_ = std::move(problem);
}

std::string redis_condition::read_problem() const
{
    const std::lock_guard hold{mutex_};
    return read_problem_;
}

std::string redis_condition::write_problem() const
{
    const std::lock_guard hold{mutex_};
    return write_problem_;
}

redis_shard::redis_shard(executor on,
                         const redis_client_factory& make_client,
                         std::shared_ptr<key_cache> kept,
                         std::chrono::milliseconds lease)
    : where{on},
      cache{std::move(kept)},
      client{make_client(on, {.tracker = cache, .lease = lease})},
      pace{std::make_shared<timer>(on)},
      flush_pace{std::make_shared<timer>(on)}
{}

redis_shard::~redis_shard()
{
    pace->cancel();
    flush_pace->cancel();
}

void redis_shard::note_connection()
{
    const bool is_connected = client->is_connected();
    if (is_connected && !has_read_problem_) return;
    std::string problem = is_connected ? std::string{} : client->problem();
    has_read_problem_ = !problem.empty();
    condition->set_read_problem(std::move(problem));
}

result<redis_reply> redis_shard::note_read(result<redis_reply> answer)
{
    if (!answer || has_read_problem_) note_connection();
    if (!answer || !answer->is_error()) return answer;
    has_read_problem_ = true;
    condition->set_read_problem("Redis does not answer: " + answer->text);
    return storage_errc::unavailable;
}

result<redis_reply> redis_shard::note_write(result<redis_reply> answer)
{
    if (!answer || has_read_problem_) note_connection();
    if (!answer) return answer;
    const bool is_refused = answer->is_error();
    if (is_refused || has_write_problem_)
        condition->set_write_problem(is_refused ? "Redis cannot be written: " + answer->text : std::string{});
    has_write_problem_ = is_refused;
    if (is_refused) return storage_errc::unavailable;
    return answer;
}

task<result<redis_reply>> run_mutation(std::shared_ptr<redis_shard> here, redis_call call)
{
    const bool was_there = here->client->is_connected();
    for (int tries = 1;; ++tries) {
        auto running = here->client->run_script(call, redis_effect::idempotent);
        result<redis_reply> answer = co_await std::move(running);
        const bool is_known = answer || answer.error() != storage_errc::unavailable;
        if (is_known || !was_there || tries == most_tries) co_return here->note_write(std::move(answer));
        redis_shard::timer pause{here->where, tries * pause_before_second_try};
        error_code ignored; // nobody cancels it
        co_await pause.async_wait(asio::redirect_error(use_task, ignored));
    }
}

task<result<void>> flush_at_the_end(std::function<task<result<void>>()> flush)
{
    const executor where = co_await asio::this_coro::executor;
    for (int tries = 1;; ++tries) {
        auto flushing = flush();
        const result<void> flushed = co_await std::move(flushing);
        if (flushed || tries == most_tries) co_return flushed;
        redis_shard::timer pause{where, pause_between_flushes};
        error_code ignored; // nobody cancels it
        co_await pause.async_wait(asio::redirect_error(use_task, ignored));
    }
}

std::shared_ptr<redis_shard> redis_shards::find(const void* store) const
{
    for (const entry& one : entries_) {
        if (one.name == store && !one.store.expired()) return one.shard;
    }
    return nullptr;
}

void redis_shards::add(std::weak_ptr<const void> store, std::shared_ptr<redis_shard> shard)
{
    tidy();
    const void* const name = store.lock().get();
    entries_.push_back({name, std::move(store), std::move(shard)});
}

void redis_shards::tidy()
{
    // What a coroutine still uses stays here for shutdown: it may wait for an answer in that very client, and
    // then nothing else would ever end the two.
    const auto is_over = [](const entry& one) { return one.store.expired() && one.shard.use_count() == 1; };
    std::erase_if(entries_, is_over);
}

void redis_shards::shutdown()
{
    // The clients close here, on a context that is still whole; who holds a shard will not go on any more.
    for (entry& one : entries_)
        one.shard->client.reset();
    entries_.clear();
}

} // namespace latchkey
