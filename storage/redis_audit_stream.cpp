#include "storage/redis_audit_stream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <utility>
#include <vector>

namespace latchkey {
namespace {

constexpr std::size_t lines_at_once = 256; // on their way to Redis
constexpr std::chrono::seconds longest_sending{10};

task<void> drop_result(task<result<void>> work)
{
    static_cast<void>(co_await std::move(work));
}

// Without the line itself.
redis_command command_adding(std::string_view writer, std::size_t stream_length)
{
    redis_command adding{"XADD"};
    adding.key(redis_layout::audit_stream);
    adding.arg("MAXLEN").arg("~").arg(static_cast<std::int64_t>(stream_length)).arg("*");
    adding.arg(redis_layout::audit_writer_field).arg(writer).arg(redis_layout::audit_line_field);
    return adding;
}

} // namespace

redis_audit_stream::redis_audit_stream(std::shared_ptr<redis_access> access,
                                       audit_file& file,
                                       redis_audit_options options)
    : access_{std::move(access)},
      options_{options},
      own_{redis_stamp()},
      adding_{command_adding(own_, options.stream_length)},
      outbox_{options.outbox_limit},
      follower_{file, own_}
{
    file.keep_foreign(options.stream_length);
}

task<void> redis_audit_stream::send(std::shared_ptr<redis_audit_stream> self, std::string line)
{
    return send_line({.stream = std::move(self), .line = std::move(line), .is_ahead = false});
}

task<void> redis_audit_stream::send_ahead(std::shared_ptr<redis_audit_stream> self, std::string line)
{
    return send_line({.stream = std::move(self), .line = std::move(line), .is_ahead = true});
}

task<void> redis_audit_stream::send_line(redis_audit_line one)
{
    const executor where = co_await asio::this_coro::executor;
    const std::shared_ptr<redis_audit_stream> self = one.stream;
    const std::shared_ptr<redis_shard> here = self->access_->on(where);
    if (self->outbox_.size() != 0) {
        self->outbox_.add(std::move(one.line));
        auto flushing = drop_result(flush_on(self, here));
        asio::co_spawn(where, std::move(flushing), asio::detached);
        co_return;
    }
    if (!here->client->keeps_order()) one.is_ahead = false;
    auto joining = redis_turn_batch<redis_audit_line>::join(here, std::move(one));
    co_await std::move(joining);
}

void redis_audit_line::send(const std::shared_ptr<redis_shard>& here, batch all)
{
    auto stream = all.front().asked.stream;
    std::vector<std::string> lines;
    batch ahead, behind;
    for (auto& one : all) {
        lines.push_back(std::move(one.asked.line));
        (one.asked.is_ahead ? ahead : behind).push_back(std::move(one));
    }
    auto sending =
        redis_audit_stream::send_lines(std::move(stream), here, std::move(lines), std::move(behind));
    asio::co_spawn(here->where, std::move(sending), rethrow); // which begins it before it returns
    for (auto& one : ahead)
        std::move(one.who)();
}

task<void> redis_audit_stream::send_lines(std::shared_ptr<redis_audit_stream> self,
                                          std::shared_ptr<redis_shard> here,
                                          std::vector<std::string> lines,
                                          redis_audit_line::batch waiting)
{
    auto writing = write(self, here, std::move(lines));
    rest left = co_await std::move(writing);
    for (std::string& line : left.lines)
        self->outbox_.add(std::move(line));
    if (left.why) {
        auto flushing = drop_result(flush_on(self, here));
        asio::co_spawn(here->where, std::move(flushing), asio::detached);
    }
    for (auto& one : waiting)
        std::move(one.who)();
}

task<redis_audit_stream::rest> redis_audit_stream::write(std::shared_ptr<redis_audit_stream> self,
                                                         std::shared_ptr<redis_shard> here,
                                                         std::vector<std::string> lines)
{
    std::vector<redis_command> commands;
    commands.reserve(lines.size());
    for (const std::string& line : lines) {
        commands.push_back(self->adding_);
        commands.back().arg(line);
    }
    // Readers know an entry by its id: it may be there twice.
    auto running = here->client->run_all(std::move(commands));
    const result<redis_reply> answer = co_await std::move(running);
    if (!answer) {
        here->note_connection();
        co_return rest{std::move(lines), answer.error()};
    }
    const redis_reply* refusal = answer->is_error() ? &*answer : nullptr;
    rest left;
    for (std::size_t index = 0; index < lines.size(); ++index) {
        const bool is_answered = index < answer->items.size();
        if (is_answered && !answer->items[index].is_error()) continue;
        if (is_answered) refusal = &answer->items[index];
        left.lines.push_back(std::move(lines[index]));
    }
    self->note_write(refusal);
    if (!left.lines.empty()) left.why = storage_errc::unavailable;
    co_return left;
}

task<result<void>> redis_audit_stream::flush(std::shared_ptr<redis_audit_stream> self)
{
    const executor where = co_await asio::this_coro::executor;
    self->outbox_.end_sending();
    auto flushing = flush_on(self, self->access_->on(where));
    co_return co_await std::move(flushing);
}

task<result<void>> redis_audit_stream::flush_on(std::shared_ptr<redis_audit_stream> self,
                                                std::shared_ptr<redis_shard> here)
{
    if (self->outbox_.size() == 0) co_return result<void>{};
    if (!self->outbox_.begin_sending(std::chrono::steady_clock::now(), longest_sending))
        co_return error_code{storage_errc::overloaded}; // another turn is at it
    struct sending_end {
        redis_audit_outbox& outbox;
        ~sending_end() { outbox.end_sending(); }
    } const ends{self->outbox_};

    error_code failure;
    while (!failure) {
        std::vector<std::string> lines = self->outbox_.take(lines_at_once);
        if (lines.empty()) break;
        const std::size_t taken = lines.size();
        auto writing = write(self, here, std::move(lines));
        rest left = co_await std::move(writing);
        failure = left.why;
        self->outbox_.give_back(taken, std::move(left.lines));
    }
    if (failure) co_return failure;
    co_return result<void>{};
}

task<result<void>> redis_audit_stream::catch_up(std::shared_ptr<redis_audit_stream> self)
{
    const executor where = co_await asio::this_coro::executor;
    self->searched_ = std::chrono::steady_clock::now();
    auto catching_up = catch_up_on(self, self->access_->on(where));
    co_return co_await std::move(catching_up);
}

task<result<void>> redis_audit_stream::catch_up_on(std::shared_ptr<redis_audit_stream> self,
                                                   std::shared_ptr<redis_shard> here)
{
    while (true) {
        const redis_audit_follower::question asked = self->follower_.next();
        auto asking = here->client->run(asked.command, redis_effect::read);
        const result<redis_reply> answer = co_await std::move(asking);
        if (!answer) {
            here->note_connection();
            co_return answer.error();
        }
        const auto progress = self->follower_.take(asked, *answer);
        const bool is_useless = progress == redis_audit_follower::progress::useless;
        self->note_read(is_useless ? &*answer : nullptr);
        if (is_useless) co_return error_code{storage_errc::unavailable};
        if (progress == redis_audit_follower::progress::reached) co_return result<void>{};
    }
}

task<void> redis_audit_stream::work(std::shared_ptr<redis_shard> here)
{
    const auto self = shared_from_this();
    auto flushing = flush_on(self, here);
    static_cast<void>(co_await std::move(flushing)); // what could not be sent stays for the next turn
    const auto searched = self->searched_.load();
    if (searched == long_ago || std::chrono::steady_clock::now() - searched > reading_on) co_return;
    auto catching_up = catch_up_on(self, here);
    static_cast<void>(co_await std::move(catching_up)); // a search tries again, and says so
}

std::string redis_audit_stream::problem() const
{
    {
        const std::lock_guard hold{mutex_};
        if (!write_refusal_.empty()) return "audit entries cannot be shared: " + write_refusal_;
        if (!read_refusal_.empty()) return "audit entries of other servers cannot be read: " + read_refusal_;
    }
    if (const auto dropped = outbox_.dropped(); dropped != 0)
        return std::to_string(dropped) + " audit entries are in this server's file only: Redis was away";
    if (const auto waiting = outbox_.size(); waiting != 0)
        return std::to_string(waiting) + " audit entries wait for Redis";
    if (const auto unreadable = follower_.unreadable(); unreadable != 0)
        return std::to_string(unreadable) + " audit entries of other servers cannot be read";
    return {};
}

// Null: Redis did as it was told.
void redis_audit_stream::note_write(const redis_reply* refusal)
{
    const std::lock_guard hold{mutex_};
    write_refusal_ = refusal ? refusal->text : std::string{};
}

// Null: Redis answered as it should.
void redis_audit_stream::note_read(const redis_reply* refusal)
{
    const std::lock_guard hold{mutex_};
    read_refusal_.clear();
    if (refusal) read_refusal_ = refusal->is_error() ? refusal->text : "what Redis answers is no stream";
}

} // namespace latchkey
