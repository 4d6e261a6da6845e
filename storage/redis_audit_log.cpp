#include "storage/redis_audit_log.hpp"

#include <boost/asio/redirect_error.hpp>

#include <chrono>

namespace latchkey {
namespace {

constexpr int most_closing_tries = 3;
constexpr std::chrono::milliseconds closing_pause{100};

} // namespace

redis_audit_log::redis_audit_log(redis_store& store, audit_file& file, redis_audit_options options)
    : file_{file},
      stream_{std::make_shared<redis_audit_stream>(store.access(), file, options)}
{
    store.access()->add_chore(stream_);
}

task<result<void>> redis_audit_log::append(audit_entry entry)
{
    std::string line;
    append_unchained_line(line, entry);
    auto appending = file_.append(std::move(entry));
    const result<void> appended = co_await std::move(appending);
    if (!appended) co_return appended;
    auto sending = redis_audit_stream::send(stream_, std::move(line));
    co_await std::move(sending);
    co_return result<void>{};
}

task<result<audit_page>> redis_audit_log::search(audit_query query)
{
    auto catching_up = redis_audit_stream::catch_up(stream_);
    const result<void> caught_up = co_await std::move(catching_up);
    if (!caught_up) co_return caught_up.error();
    auto searching = file_.search(std::move(query));
    co_return co_await std::move(searching);
}

audit_health redis_audit_log::health() const
{
    audit_health health = file_.health();
    if (health.problem.empty()) health.problem = stream_->problem();
    return health;
}

task<result<void>> redis_audit_log::close()
{
    const executor where = co_await asio::this_coro::executor;
    for (int tries = 1;; ++tries) {
        auto flushing = redis_audit_stream::flush(stream_);
        const result<void> flushed = co_await std::move(flushing);
        if (flushed || tries == most_closing_tries) co_return flushed;
        // Redis may have closed a connection that was idle all the time the server ran.
        redis_shard::timer pause{where, closing_pause};
        error_code ignored; // nobody cancels it
        co_await pause.async_wait(asio::redirect_error(use_task, ignored));
    }
}

} // namespace latchkey
