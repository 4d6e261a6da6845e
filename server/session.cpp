#include "server/session.hpp"

#include "server/body_rest.hpp"
#include "storage/run_together.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <sys/socket.h>
#include <utility>

namespace latchkey {
namespace {

// A client that sends faster than it is answered must not keep the shard to itself.
constexpr int rounds_in_a_row = 4;

std::size_t input_capacity(const http_limits& limits) noexcept
{
    return std::max(limits.input_bytes, limits.head_bytes + 2 * limits.chunk_framing_bytes + 1024);
}

} // namespace

// Operators come from the machine itself or a network of their own, and so does who can open a socket file.
bool speaks_tls(const peer_address& peer, const session_host& host) noexcept
{
    return host.tls && !peer.is_local_socket && peer.through == door::clients;
}

session::session(unique_descriptor socket, session_host& host, const peer_address& peer)
    : socket_(std::move(socket)),
      host_(host),
      peer_(peer),
      tls_(speaks_tls(peer, host) ? host.tls->accept(socket_.number()) : nullptr),
      resumption_(host.where, steady_time::max()),
      since_(host.now),
      capacity_(input_capacity(host.limits)),
      input_(std::make_unique_for_overwrite<char[]>(capacity_)),
      buffers_(host.buffers)
{}

session::~session()
{
    host_.sockets.forget(*this);
    send_what_waits();
}

task<void> session::run(std::shared_ptr<session> self)
{
    while (!self->broken_) {
        const step next = self->pending_ ? *std::exchange(self->pending_, std::nullopt) : self->advance();
        if (next == step::handle) {
            co_await answer_current(self);
            continue;
        }
        const bool is_sent = next == step::read ? self->send_with_others() : self->send_now();
        if (!is_sent) co_await send_rest(self);
        if (self->broken_ || next == step::finish) break;
        if (next == step::flush) { // much has been answered, and more is there
            co_await let_others_run(self);
            continue;
        }

        const served done = self->serve_at_once();
        if (done == served::everything) co_await wait_for(self, awaited::request);
        if (done == served::its_share) co_await let_others_run(self);
        if (self->thrown_) std::rethrow_exception(self->thrown_);
        if (self->expired_) {
            self->finish_with(protocol_error::timed_out);
        } else if (self->input_ended_ && !self->pending_) {
            break; // everything that was asked in full has been answered
        }
    }
    if (self->linger_ && !self->broken_) co_await linger(self);
    self->close();
}

// Returns when it has come, or when the connection has come to its end.
task<void> session::wait_for(std::shared_ptr<session> self, awaited what)
{
    self->awaited_ = what;
    // Deferred, it is awaited where it stands: use_task would put a coroutine frame between.
    auto waiting = self->resumption_.async_wait(asio::as_tuple(asio::deferred));
    co_await std::move(waiting);
    self->send_what_waits();
    self->rounds_ = 0;
}

task<void> session::let_others_run(std::shared_ptr<session> self)
{
    auto turn = asio::post(self->host_.where, asio::deferred);
    co_await std::move(turn);
    self->rounds_ = 0;
}

void session::on_turn() noexcept
{
    try {
        const bool has_come = (awaited_ == awaited::request && serve_at_once() != served::everything) ||
                              (awaited_ == awaited::input && readable_) ||
                              (awaited_ == awaited::space && writable_);
        if (has_come) resume();
    } catch (...) {
        thrown_ = std::current_exception();
        resume();
    }
}

void session::resume() noexcept
{
    if (awaited_ == awaited::nothing) return;
    awaited_ = awaited::nothing;
    resumption_.cancel();
}

// Answers what has arrived for as long as nothing has to wait, which for verification is always.
session::served session::serve_at_once()
{
    while (readable_ || has_received_) {
        send_what_waits();
        if (broken_) return served::partly;
        if (rounds_ == rounds_in_a_row) return served::its_share;
        ++rounds_;
        receive();
        if (input_ended_) return served::partly;
        const step next = advance();
        if (next == step::read && send_with_others()) continue;
        pending_ = next;
        return served::partly;
    }
    return served::everything;
}

// The handler may wait here. Answers that come earlier in the batch must not wait with it, but as long as
// the handler does not really wait they should leave in the same write as its own. So the flush is posted:
// it runs only if the handler has let the thread go before it was done.
task<void> session::answer_current(std::shared_ptr<session> self)
{
    self->enter(phase::handling);
    if (!self->out_.empty()) {
        auto flush = [self] { self->flush_while_handling(); };
        asio::post(self->host_.where, std::move(flush));
    }
    std::exception_ptr thrown;
    response answer;
    std::vector<follower> others;
    try {
        others = self->take_followers();
        auto asking =
            others.empty() ? self->host_.handler.answer(self->request_) : ask_together(self, others);
        answer = co_await std::move(asking);
    } catch (...) {
        thrown = std::current_exception();
    }
    self->host_.followers -= others.size();
    if (thrown) {
        self->report_exception(thrown, self->out_.size());
        co_return;
    }
    const bool ends_by_closing = answer.rest && !can_be_chunked(self->request_);
    const bool is_last = self->host_.draining && others.empty();
    const bool keep_alive = self->keep_alive_ && !answer.close && !is_last && !ends_by_closing;
    self->host_.outputs.lend(self->out_);
    append_response(self->out_, self->request_, answer, keep_alive);
    if (answer.rest && self->request_.method != http::verb::head) {
        const bool is_whole = co_await send_body_rest(self, std::move(answer.rest));
        if (!is_whole) co_return self->close();
    }
    self->finish_request(keep_alive);
    self->finish_followers(others);
}

// Verifications that have arrived together are looked up together, and their answers leave together, when the
// last of them is there. Where Redis is asked, sixteen cost what six did one after the other
// (./dev bench verify --store redis).
task<response> session::ask_together(std::shared_ptr<session> self, std::vector<follower>& others)
{
    std::vector<task<response>> questions;
    questions.push_back(self->host_.handler.answer(self->request_));
    for (const follower& one : others)
        if (!one.is_told) questions.push_back(self->host_.handler.answer(one.asked));
    const std::size_t count = questions.size();
    auto asking = run_together(std::move(questions), count);
    std::vector<response> answers = co_await std::move(asking);
    auto next = answers.begin();
    response answer = std::move(*next++);
    for (follower& one : others)
        if (!one.is_told) one.answer = std::move(*next++);
    co_return answer;
}

// A piece at a time, as the peer takes them. False: the rest cannot be had, or nobody wants it.
task<bool> session::send_body_rest(std::shared_ptr<session> self, std::shared_ptr<body_rest> rest)
{
    while (true) {
        if (!self->send_now()) co_await send_rest(self);
        co_await let_others_run(self);
        if (self->broken_) co_return false;
        self->enter(phase::handling);
        auto asking = rest->next();
        const result<std::string> piece = co_await std::move(asking);
        if (!piece) co_return false;
        append_piece(self->out_, self->request_, *piece);
        if (piece->empty()) co_return true;
    }
}

void session::flush_while_handling()
{
    if (phase_ == phase::handling && !broken_) send_now();
}

task<void> session::send_rest(std::shared_ptr<session> self)
{
    const phase before = self->phase_;
    self->enter(phase::writing);
    do {
        if (!self->buffers_.hold(self->body_memory() + self->out_.capacity())) co_return self->close();
        if (!self->writable_) co_await wait_for(self, awaited::space);
    } while (!self->send_now());
    self->buffers_.keep(self->body_memory());
    self->enter(before);
}

// Closing a socket with unread input sends a reset, which can overtake the answer (RFC 9112 9.6). So say
// that nothing more comes, and read on until the peer has understood, within bounds.
task<void> session::linger(std::shared_ptr<session> self)
{
    self->enter(phase::lingering);
    self->say_goodbye();
    ::shutdown(self->socket_.number(), SHUT_WR);
    std::size_t discarded = 0;
    while (!self->broken_ && !self->input_ended_ && discarded < self->host_.limits.linger_bytes) {
        if (!self->readable_) co_await wait_for(self, awaited::input);
        self->begin_ = self->end_ = 0;
        if (!self->broken_) self->receive();
        discarded += self->end_;
    }
}

void session::enter(phase next) noexcept
{
    phase_ = next;
    since_ = host_.now;
    progress_ = 0;
}

std::chrono::milliseconds session::allowance() const noexcept
{
    const http_limits& limits = host_.limits;
    const std::chrono::milliseconds earned{progress_ * 1000 /
                                           std::max<std::size_t>(limits.bytes_per_second, 1)};
    switch (phase_) {
    case phase::idle: return tls_ && !tls_->is_established() ? limits.head : limits.idle;
    case phase::reading_head: return limits.head;
    case phase::reading_body: return limits.body + earned;
    case phase::handling: return limits.handling;
    case phase::writing: return limits.write + earned;
    case phase::lingering: return limits.linger;
    }
    return limits.idle;
}

void session::sweep(steady_time now)
{
    if (broken_ || pending_ || now - since_ < allowance()) return; // pending: run() has been resumed
    if (phase_ == phase::reading_head || phase_ == phase::reading_body) {
        expired_ = true; // run() answers
        resume();
        return;
    }
    close();
}

void session::close_if_idle()
{
    send_what_waits();
    if (phase_ == phase::idle && end_ == begin_ && out_.empty()) close();
}

void session::close()
{
    send_what_waits();
    say_goodbye();
    broken_ = true;
    host_.sockets.forget(*this);
    socket_ = {};
    resume();
}

} // namespace latchkey
