#include "storage/redis_audit_log.hpp"

namespace latchkey {

redis_audit_log::redis_audit_log(redis_store& store, audit_file& file, redis_audit_options options)
    : file_{file},
      stream_{std::make_shared<redis_audit_stream>(store.access(), file, options)}
{
    store.access()->add_chore(stream_);
}

task<result<void>> redis_audit_log::append(audit_entry entry)
{
    return append(audit_text{entry}, is_followed_by_its_act(entry));
}

task<result<void>> redis_audit_log::append(audit_text text, bool is_ahead)
{
    std::string line = unchained_line(text);
    auto appending = file_.append(std::move(text), is_ahead);
    const result<void> appended = co_await std::move(appending);
    if (!appended) co_return appended;
    auto sending = is_ahead ? redis_audit_stream::send_ahead(stream_, std::move(line))
                            : redis_audit_stream::send(stream_, std::move(line));
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
    auto flushing = flush_at_the_end([this] { return redis_audit_stream::flush(stream_); });
    co_return co_await std::move(flushing);
}

} // namespace latchkey
