#include "storage/redis_link.hpp"

#include "storage/redis_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <utility>

namespace latchkey {
namespace {

// What they have asked for leaves before the next ones are looked at, so that Redis is not idle meanwhile:
// with 64 in flight a seventh more creates a second, and a tenth more verifications without a cache, at the
// same CPU
// (./dev bench create --store redis, ./dev bench verify --store redis). With half as many it cost CPU.
constexpr int replies_a_turn = 32;

} // namespace

// What `run` waits on: begins when it is awaited, not when `run` is called.
class redis_link::submission {
public:
    submission(std::shared_ptr<redis_link> link, redis_command command, std::vector<redis_command> more)
        : link_{std::move(link)},
          command_{std::move(command)},
          more_{std::move(more)}
    {}

    // Lets go of the link, which from now on owns the waiting coroutine and thereby this object.
    void operator()(waiter answer)
    {
        const auto link = std::exchange(link_, nullptr);
        link->submit(command_, more_, std::move(answer));
    }

private:
    std::shared_ptr<redis_link> link_;
    redis_command command_;
    std::vector<redis_command> more_; // what leaves behind it
};

redis_link::redis_link(executor where,
                       redis_endpoint endpoint,
                       std::shared_ptr<const redis_tls> tls,
                       redis_limits limits,
                       redis_tracking tracking)
    : where_{where},
      endpoint_{std::move(endpoint)},
      tls_{std::move(tls)},
      limits_{limits},
      tracking_{std::move(tracking)},
      deadline_{where},
      pause_{where},
      backoff_{limits.first_pause, limits.longest_pause}
{}

void redis_link::start()
{
    if (phase_ != phase::idle) return;
    phase_ = phase::beginning;
    auto connecting = stay_connected(shared_from_this());
    // A coroutine that goes on inside ours may throw what its own completion handler lets through: that is
    // for whoever runs the context, as it would be without us.
    asio::co_spawn(where_, std::move(connecting), rethrow);
}

task<result<redis_reply>> redis_link::run(redis_command command)
{
    submission starting{shared_from_this(), std::move(command), {}};
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void(result<redis_reply>)>(
        std::move(starting), use_task);
}

task<result<redis_reply>> redis_link::run_all(std::vector<redis_command> commands)
{
    redis_command first = std::move(commands.front());
    commands.erase(commands.begin());
    submission starting{shared_from_this(), std::move(first), std::move(commands)};
    return asio::async_initiate<const asio::use_awaitable_t<executor>, void(result<redis_reply>)>(
        std::move(starting), use_task);
}

task<tracked_reply> redis_link::run_tracked(redis_command command)
{
    const auto self = shared_from_this(); // its owner may go while this waits
    is_tracking_wanted_ = true;
    begin_tracking();
    auto running = run(std::move(command));
    result<redis_reply> reply = co_await std::move(running);
    tracked_reply answer{.reply = std::move(reply)};
    // This goes on inside the turn that read the reply, so the connection is still that one; and its lease
    // none that began after the reply was sent, because tracking is asked for on the same connection.
    if (answer.reply && watch_) answer.lease = watch_->lease();
    co_return answer;
}

void redis_link::close()
{
    if (phase_ == phase::closed) return;
    phase_ = phase::closed;
    end_tracking();
    if (connection_) connection_->close();
    connection_.reset();
    deadline_.cancel();
    pause_.cancel();
    fail_all();
}

redis_link_factory redis_links_on(executor where,
                                  std::shared_ptr<const redis_tls> tls,
                                  redis_limits limits,
                                  redis_tracking tracking)
{
    return [where, tls = std::move(tls), limits, tracking = std::move(tracking)](redis_endpoint endpoint) {
        return std::make_shared<redis_link>(where, std::move(endpoint), tls, limits, tracking);
    };
}

// --- commands ---

void redis_link::submit(const redis_command& command, const std::vector<redis_command>& more, waiter answer)
{
    start();
    if (phase_ == phase::away || phase_ == phase::closed) {
        refuse(std::move(answer), storage_errc::unavailable);
        return;
    }
    if (waiting_.size() >= limits_.most_waiting || unsent_.size() > limits_.most_unsent_bytes) {
        refuse(std::move(answer), storage_errc::overloaded);
        return;
    }
    command.append_to(unsent_);
    for (const redis_command& each : more)
        each.append_to(unsent_);
    waiting_.push_back({.answer = std::move(answer),
                        .deadline = std::chrono::steady_clock::now() + limits_.command_deadline,
                        .replies = 1 + more.size()});
    watch_deadline();
    request_flush();
}

// Posted: a coroutine must not go on inside the call that suspends it.
void redis_link::refuse(waiter answer, storage_errc why)
{
    asio::post(where_, [answer = std::move(answer), why]() mutable {
        std::move(answer)(result<redis_reply>{make_error_code(why)});
    });
}

// Posted, because whoever is told may ask again at once, and because a context that is being destroyed
// destroys what was posted instead of running it.
void redis_link::fail_all()
{
    unsent_.clear();
    if (waiting_.empty()) return;
    asio::post(where_, [failed = std::exchange(waiting_, {})]() mutable {
        for (waiting_command& each : failed)
            std::move(each.answer)(result<redis_reply>{make_error_code(storage_errc::unavailable)});
    });
}

void redis_link::request_flush()
{
    if (is_flush_requested_ || is_writing_ || phase_ != phase::connected) return;
    is_flush_requested_ = true;
    // Behind everything that is ready to run now: what it asks for joins the same write.
    asio::post(where_, [self = shared_from_this()] {
        self->is_flush_requested_ = false;
        self->flush();
    });
}

void redis_link::flush()
{
    if (phase_ != phase::connected || is_writing_ || unsent_.empty()) return;
    is_writing_ = true;
    connection_->write(unsent_, shared_from_this());
}

void redis_link::on_written(const redis_connection& on, error_code ec)
{
    if (&on != connection_.get()) return; // an earlier connection's, lost by now
    is_writing_ = false;
    if (ec) {
        lose_connection("sending failed: " + ec.message());
        return;
    }
    flush();
}

// --- deadlines ---

// One timer for all: deadlines rise along the queue, so it only ever needs the first one's. It is not set
// again for each command, but finds out when it fires whether its command has been answered long ago.
void redis_link::watch_deadline()
{
    if (is_deadline_watched_ || waiting_.empty()) return;
    is_deadline_watched_ = true;
    deadline_.expires_at(waiting_.front().deadline);
    deadline_.async_wait([self = shared_from_this()](error_code ec) {
        self->is_deadline_watched_ = false;
        if (!ec) self->check_deadline();
    });
}

// Whether it was this thread that did nothing for a while, and not the server: the command may not even have
// left. Then it gets its time once more.
bool redis_link::is_held_up()
{
    constexpr std::chrono::milliseconds noticeable{50};
    const auto now = std::chrono::steady_clock::now();
    const bool is_late = now - deadline_.expiry() > noticeable;
    is_grace_given_ = is_late && !is_grace_given_;
    if (is_grace_given_) waiting_.front().deadline = now + limits_.command_deadline;
    return is_grace_given_;
}

void redis_link::check_deadline()
{
    if (waiting_.empty() || waiting_.front().deadline > std::chrono::steady_clock::now() || is_held_up()) {
        watch_deadline();
        return;
    }
    // Replies are matched by their order, so a connection that owes one is of no use any more.
    std::string why = "no answer within " + std::to_string(limits_.command_deadline.count()) + " ms";
    if (phase_ == phase::connected) {
        lose_connection(std::move(why));
    } else if (phase_ == phase::beginning) {
        phase_ = phase::away;
        problem_ = to_string(endpoint_.address) + ": " + why;
        fail_all();
    }
}

// --- the connection ---

task<void> redis_link::stay_connected(std::shared_ptr<redis_link> self)
{
    while (self->phase_ != phase::closed) {
        auto opening = open_redis_connection(
            self->endpoint_.address, self->endpoint_.login, self->tls_, self->limits_.connect_deadline);
        redis_opening opened = co_await std::move(opening);
        if (self->phase_ == phase::closed) break;
        if (opened.connection) {
            self->adopt(opened.connection);
            auto reading = read_replies(self, std::move(opened.connection));
            co_await std::move(reading);
        } else {
            self->phase_ = phase::away;
            self->problem_ = std::move(opened.problem);
            self->fail_all();
        }
        if (self->phase_ == phase::closed) break;
        self->pause_.expires_after(self->backoff_.next());
        error_code ignored; // cut short by close() only
        co_await self->pause_.async_wait(asio::redirect_error(use_task, ignored));
    }
}

task<void> redis_link::read_replies(std::shared_ptr<redis_link> self, std::shared_ptr<redis_connection> from)
{
    while (self->connection_ == from) {
        const error_code ec = co_await from->receive();
        if (self->connection_ != from) break;
        if (ec) self->lose_connection("the connection broke: " + ec.message());
        while (self->connection_ == from && self->take_replies(*from))
            co_await asio::post(self->where_, use_task);
    }
}

// True if there may be more of them for the next turn. They may have lost the connection.
bool redis_link::take_replies(redis_connection& from)
{
    redis_reply reply;
    for (int taken = 0; taken < replies_a_turn; ++taken) {
        const auto outcome = from.reader().next(reply);
        if (outcome == redis_reader::outcome::more) return false;
        if (outcome == redis_reader::outcome::broken) {
            lose_connection("the server does not speak RESP2: " + std::string{from.reader().problem()});
            return false;
        }
        if (waiting_.empty()) {
            lose_connection("the server answered more than it was asked");
            return false;
        }
        waiting_command& first = waiting_.front();
        if (first.replies > 1) {
            first.earlier.push_back(std::move(reply));
            if (first.earlier.size() < first.replies) continue;
            reply = redis_reply{.what = redis_reply::kind::array, .items = std::move(first.earlier)};
        }
        waiter answer = std::move(first.answer);
        waiting_.pop_front();
        // The coroutine goes on here and now, so that what it asks next joins this turn's write. It may as
        // well close the link.
        std::move(answer)(result<redis_reply>{std::move(reply)});
        if (connection_.get() != &from) return false;
    }
    return true;
}

void redis_link::begin_tracking()
{
    if (!tracking_.tracker || !is_tracking_wanted_ || watch_ || phase_ != phase::connected) return;
    watch_ = std::make_shared<redis_watch>(where_, endpoint_, tls_, limits_, tracking_);
    watch_->start(shared_from_this());
}

void redis_link::end_tracking()
{
    if (watch_) watch_->end();
    watch_.reset();
}

void redis_link::adopt(std::shared_ptr<redis_connection> connection)
{
    connection_ = std::move(connection);
    ++connections_;
    phase_ = phase::connected;
    problem_.clear();
    backoff_.reset();
    is_writing_ = false;
    flush();
    begin_tracking();
}

void redis_link::lose_connection(std::string why)
{
    problem_ = to_string(endpoint_.address) + ": " + std::move(why);
    phase_ = phase::away;
    end_tracking();
    connection_->close();
    connection_.reset();
    fail_all();
}

} // namespace latchkey
