#include "server/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace latchkey {
namespace {

// A deferred operation is awaited where it stands: use_task would put a coroutine frame between.
constexpr auto in_place = asio::as_tuple(asio::deferred);

std::size_t input_capacity(const http_limits& limits) noexcept
{
    return std::max(limits.input_bytes, limits.head_bytes + 2 * limits.chunk_framing_bytes + 1024);
}

} // namespace

session::session(stream_socket socket, session_host& host, const peer_address& peer)
    : socket_(std::move(socket)),
      host_(host),
      peer_(peer),
      since_(host.now),
      capacity_(input_capacity(host.limits)),
      input_(std::make_unique_for_overwrite<char[]>(capacity_))
{}

task<void> session::run(std::shared_ptr<session> self)
{
    while (!self->broken_) {
        const step next = self->advance();
        if (next == step::handle) {
            co_await answer_one(self);
            continue;
        }
        if (!self->send_now()) co_await send_rest(self);
        if (self->broken_ || next == step::finish) break;
        if (next == step::flush) continue;

        const auto space = asio::buffer(self->input_.get() + self->end_, self->capacity_ - self->end_);
        auto reading = self->socket_.async_read_some(space, in_place);
        const auto outcome = co_await std::move(reading);
        if (!self->received(std::get<0>(outcome), std::get<1>(outcome))) break;
    }
    if (self->linger_ && !self->broken_) co_await linger(self);
    self->close();
}

bool session::received(const boost::system::error_code& ec, std::size_t count)
{
    if (expired_) {
        finish_with(protocol_error::timed_out);
        return true;
    }
    if (ec) return false; // end of stream included: everything that was asked in full has been answered
    end_ += count;
    return true;
}

// The handler may wait here. Answers that come earlier in the batch must not wait with it, but as long as
// the handler does not really wait they should leave in the same write as its own. So the flush is posted:
// it runs only if the handler has let the thread go before it was done.
task<void> session::answer_one(std::shared_ptr<session> self)
{
    self->enter(phase::handling);
    if (!self->out_.empty()) {
        auto flush = [self] { self->flush_while_handling(); };
        asio::post(self->socket_.get_executor(), std::move(flush));
    }
    std::exception_ptr thrown;
    response answer;
    try {
        answer = co_await self->host_.handler.answer(self->request_);
    } catch (...) {
        thrown = std::current_exception();
    }
    if (thrown) {
        self->report_exception(thrown, self->out_.size());
        co_return;
    }
    const bool keep_alive = self->keep_alive_ && !answer.close && !self->host_.draining;
    append_response(self->out_, self->request_, answer, keep_alive);
    self->finish_request(keep_alive);
}

void session::flush_while_handling()
{
    if (phase_ == phase::handling && !broken_) send_now();
}

// Tries without waiting, which nearly always does: no trip through the event loop. True when nothing is
// left to send (or nobody to send it to).
bool session::send_now()
{
    if (broken_) return true;
    boost::system::error_code ec;
    if (!out_.empty())
        sent_ += socket_.write_some(asio::buffer(out_.data() + sent_, out_.size() - sent_), ec);
    if (ec && ec != asio::error::would_block && ec != asio::error::try_again) {
        broken_ = true;
        return true;
    }
    if (sent_ < out_.size()) return false;
    give_back_output();
    return true;
}

task<void> session::send_rest(std::shared_ptr<session> self)
{
    const phase before = self->phase_;
    self->enter(phase::writing);
    while (!self->broken_ && self->sent_ < self->out_.size()) {
        const auto rest = asio::buffer(self->out_.data() + self->sent_, self->out_.size() - self->sent_);
        auto writing = self->socket_.async_write_some(rest, in_place);
        const auto outcome = co_await std::move(writing);
        if (std::get<0>(outcome)) self->broken_ = true;
        self->sent_ += std::get<1>(outcome);
        self->progress_ += std::get<1>(outcome);
    }
    self->give_back_output();
    self->enter(before);
}

// Closing a socket with unread input sends a reset, which can overtake the answer (RFC 9112 9.6). So say
// that nothing more comes, and read on until the peer has understood, within bounds.
task<void> session::linger(std::shared_ptr<session> self)
{
    self->enter(phase::lingering);
    boost::system::error_code ec;
    self->socket_.shutdown(stream_socket::shutdown_send, ec);
    std::size_t discarded = 0;
    while (!ec && discarded < self->host_.limits.linger_bytes) {
        auto reading =
            self->socket_.async_read_some(asio::buffer(self->input_.get(), self->capacity_), in_place);
        const auto outcome = co_await std::move(reading);
        ec = std::get<0>(outcome);
        discarded += std::get<1>(outcome);
    }
}

void session::give_back_output() noexcept
{
    out_.clear();
    sent_ = 0;
    const std::size_t size = out_.capacity();
    if (size <= host_.limits.kept_bytes && size > host_.spare_output.capacity())
        out_.swap(host_.spare_output);
    output_buffer{}.swap(out_);
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
    case phase::idle: return limits.idle;
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
    if (broken_ || now - since_ < allowance()) return;
    if (phase_ == phase::reading_head || phase_ == phase::reading_body) {
        expired_ = true; // run() sees the read end, and answers
        boost::system::error_code ec;
        socket_.cancel(ec);
        return;
    }
    close();
}

void session::close_if_idle()
{
    if (phase_ == phase::idle && end_ == begin_ && out_.empty()) close();
}

void session::close()
{
    broken_ = true;
    boost::system::error_code ec;
    socket_.close(ec); // whatever it says, the descriptor is gone
}

} // namespace latchkey
