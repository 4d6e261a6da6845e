#include "storage/redis_watch.hpp"

#include "storage/redis_fields.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view channel = "__redis__:invalidate";

// A quarter of the lease; but a lease that is long shall not begin late, nor a lost stream be noticed late.
constexpr milliseconds longest_beat{250};

milliseconds beat_of(const redis_tracking& tracking) noexcept
{
    return std::clamp(tracking.lease / 4, milliseconds{1}, longest_beat);
}

// How many beats a stream may be silent. Counted and not timed, because beats stop with the thread while it
// is held up, and the answers that came meanwhile are read with the next one.
milliseconds::rep most_silent_beats(const redis_limits& limits, const redis_tracking& tracking) noexcept
{
    return std::max<milliseconds::rep>(4, limits.command_deadline / beat_of(tracking));
}

// The reply to TIME. any_revision: Redis will not tell, as where a user may not ask.
revision redis_time_in(const redis_reply& reply) noexcept
{
    if (reply.items.size() != 2) return any_revision;
    return number_in(reply.items[0].text) * 1'000'000 + number_in(reply.items[1].text);
}

bool is_word(const redis_reply& reply, std::string_view word)
{
    return reply.is_text() && reply.text == word;
}

} // namespace

redis_watch::redis_watch(executor where,
                         redis_endpoint endpoint,
                         std::shared_ptr<const redis_tls> tls,
                         redis_limits limits,
                         redis_tracking tracking)
    : where_{where},
      endpoint_{std::move(endpoint)},
      tls_{std::move(tls)},
      limits_{limits},
      tracking_{std::move(tracking)},
      beat_{where},
      patience_{where},
      backoff_{limits.first_pause, limits.longest_pause}
{}

void redis_watch::start(std::shared_ptr<redis_link> data)
{
    auto watching = keep_watch(shared_from_this(), std::move(data));
    asio::co_spawn(where_, std::move(watching), rethrow);
}

void redis_watch::end()
{
    has_ended_ = true;
    lose_stream();
    patience_.cancel();
}

void redis_watch::lose_stream()
{
    if (stream_) stream_->close();
    stream_.reset();
    beat_.cancel();
    if (!lease_) return;
    lease_->lose();
    lease_.reset();
    if (std::exchange(was_proven_, false)) tracking_.tracker->note_lease_end();
}

task<void> redis_watch::keep_watch(std::shared_ptr<redis_watch> self, std::shared_ptr<redis_link> data)
{
    while (!self->has_ended_) {
        auto opening = open_redis_connection(
            self->endpoint_.address, self->endpoint_.login, self->tls_, self->limits_.connect_deadline);
        redis_opening opened = co_await std::move(opening);
        if (self->has_ended_) break;
        if (opened.connection) {
            auto watching = watch_over(self, data, std::move(opened.connection));
            co_await std::move(watching);
        }
        if (self->has_ended_) break;
        self->patience_.expires_after(self->backoff_.next());
        error_code ignored; // cut short by end() only
        co_await self->patience_.async_wait(asio::redirect_error(use_task, ignored));
    }
}

// Until the stream is lost, or there is none to be had.
task<void> redis_watch::watch_over(std::shared_ptr<redis_watch> self,
                                   std::shared_ptr<redis_link> data,
                                   connection stream)
{
    self->stream_ = stream;
    auto subscribing = subscribe(self, stream);
    const std::optional<std::int64_t> id = co_await std::move(subscribing);
    if (!id) self->lose_stream();
    if (self->stream_ != stream) co_return;

    redis_command tracking{"CLIENT"};
    tracking.arg("TRACKING").arg("ON").arg("REDIRECT").arg(*id);
    auto asking = data->run(std::move(tracking));
    const result<redis_reply> answer = co_await std::move(asking);
    if (self->stream_ != stream) co_return;
    if (!answer || !answer->is_ok()) {
        self->lose_stream();
        co_return;
    }
    // From here on: what was answered before this one was read before Redis tracked for this stream.
    self->lease_ = std::make_shared<redis_lease>();
    self->was_proven_ = false;
    auto reading = read_changes(self, stream);
    asio::co_spawn(self->where_, std::move(reading), rethrow);
    auto proving = keep_proving(self, std::move(data), std::move(stream));
    co_await std::move(proving);
}

task<std::optional<std::int64_t>> redis_watch::subscribe(std::shared_ptr<redis_watch> self, connection stream)
{
    self->patience_.expires_after(self->limits_.connect_deadline);
    self->patience_.async_wait([stream](error_code ec) {
        if (!ec) stream->close();
    });
    std::string bytes;
    redis_command{"CLIENT"}.arg("ID").append_to(bytes);
    redis_command{"SUBSCRIBE"}.arg(channel).append_to(bytes);
    auto sending = stream->send(std::move(bytes));
    error_code ec = co_await std::move(sending);

    redis_reply answers[2];
    for (redis_reply& answer : answers) {
        auto outcome = stream->reader().next(answer);
        while (!ec && outcome == redis_reader::outcome::more) {
            ec = co_await stream->receive();
            outcome = stream->reader().next(answer);
        }
        if (ec || outcome != redis_reader::outcome::reply) break;
    }
    self->patience_.cancel();
    const bool is_subscribed =
        answers[1].is_array() && answers[1].items.size() == 3 && is_word(answers[1].items[0], "subscribe");
    if (ec || !answers[0].is_integer() || !is_subscribed) co_return std::nullopt;
    co_return answers[0].integer;
}

// --- the stream

task<void> redis_watch::read_changes(std::shared_ptr<redis_watch> self, connection stream)
{
    redis_reply pushed;
    while (self->stream_ == stream) {
        const error_code ec = co_await stream->receive();
        if (self->stream_ != stream) break;
        auto outcome = redis_reader::outcome::more;
        if (!ec) outcome = stream->reader().next(pushed);
        while (outcome == redis_reader::outcome::reply && self->take(pushed))
            outcome = stream->reader().next(pushed);
        // `reply`: one that was not understood, so perhaps the news of a change.
        if (ec || outcome != redis_reader::outcome::more) self->lose_stream();
    }
}

// False: this is nothing that such a stream says.
bool redis_watch::take(const redis_reply& pushed)
{
    if (!pushed.is_array() || pushed.items.empty()) return false;
    const std::vector<redis_reply>& items = pushed.items;
    if (items.size() == 2 && is_word(items[0], "pong")) {
        has_stream_answered_ = true;
        extend_when_proven();
        return true;
    }
    if (items.size() != 3 || !is_word(items[0], "message") || !is_word(items[1], channel)) return false;
    if (items[2].is_nil()) {
        tracking_.tracker->forget_all();
        return true;
    }
    for (const redis_reply& key : items[2].items)
        tracking_.tracker->forget(key.text);
    return items[2].is_array();
}

// --- the proof

void redis_watch::extend_when_proven()
{
    if (!has_data_answered_ || !has_stream_answered_ || !lease_) return;
    const bool has_run_out = was_proven_ && !lease_->covers(redis_lease::clock::now());
    if (has_run_out) tracking_.tracker->note_lease_end();
    lease_->extend(asked_at_, tracking_.lease);
    lease_->prove_before(redis_time_);
    was_proven_ = true;
    backoff_.reset();
}

task<void> redis_watch::keep_proving(std::shared_ptr<redis_watch> self,
                                     std::shared_ptr<redis_link> data,
                                     connection stream)
{
    const milliseconds beat = beat_of(self->tracking_);
    const auto most_silent = most_silent_beats(self->limits_, self->tracking_);
    while (self->stream_ == stream) {
        self->asked_at_ = redis_lease::clock::now(); // before either question leaves
        self->has_data_answered_ = false;
        self->has_stream_answered_ = false;
        auto asking = data->run(redis_command{"TIME"});
        const result<redis_reply> answer = co_await std::move(asking);
        if (self->stream_ != stream) break;
        // Whatever it answers, it lives. Without an answer (too much waits) this round proves nothing.
        self->has_data_answered_ = answer.has_value();
        self->redis_time_ = answer ? redis_time_in(*answer) : any_revision;

        std::string bytes;
        redis_command{"PING"}.append_to(bytes);
        auto sending = stream->send(std::move(bytes));
        const error_code ec = co_await std::move(sending);
        if (ec && self->stream_ == stream) self->lose_stream();
        if (self->stream_ != stream) break;

        self->beat_.expires_at(self->asked_at_ + beat);
        for (auto silent = most_silent; self->stream_ == stream; --silent) {
            error_code ignored; // cut short when the stream is lost
            co_await self->beat_.async_wait(asio::redirect_error(use_task, ignored));
            if (self->has_stream_answered_) break;
            if (silent == 0 && self->stream_ == stream) self->lose_stream();
            self->beat_.expires_after(beat);
        }
    }
}

} // namespace latchkey
