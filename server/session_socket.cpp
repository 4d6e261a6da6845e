// What a session receives and sends, tried without waiting: by calls of its own, or together with other
// sessions of the shard.
#include "server/session.hpp"

#include <boost/asio/post.hpp>

#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace latchkey {

socket_ring::inlet session::on_ready(readiness::events what) noexcept
{
    readable_ = readable_ || what.readable || (what.writable && tls_ && tls_->receives_on_space());
    if (tls_ && what.readable) tls_->note_readable();
    writable_ = writable_ || what.writable;
    finished_ = finished_ || what.finished;
    if (awaited_ != awaited::request) return {};
    rounds_ = 0;
    // What waits to be sent goes first.
    const bool receives_first = readable_ && !tls_ && !waits_to_send_;
    return receives_first ? socket_ring::inlet{socket_.number(), space()} : socket_ring::inlet{};
}

// It has come in now, where receive() would put it: also for somebody who asks whether the session is idle
// before its turn comes.
void session::on_received(ssize_t count) noexcept
{
    has_received_ = true;
    note_received(count);
}

// Of one try, as socket_ring::counts. Less than there was space for: all there was, so that the next attempt
// can wait for on_ready; unless that was the end, of which it has told already.
void session::note_received(ssize_t count) noexcept
{
    if (count > 0) {
        const bool is_full = static_cast<std::size_t>(count) == space().size();
        end_ += static_cast<std::size_t>(count);
        readable_ = finished_ || (tls_ ? tls_->has_more() : is_full);
    } else if (count == -EAGAIN || count == -EINTR) {
        readable_ = count == -EINTR;
    } else {
        input_ended_ = true;
    }
}

void session::receive()
{
    if (std::exchange(has_received_, false)) return;
    note_received(receive_some());
}

ssize_t session::receive_some() noexcept
{
    const std::span<char> into = space();
    return socket_ring::count_of(tls_ ? tls_->receive(into.data(), into.size())
                                      : ::recv(socket_.number(), into.data(), into.size(), 0));
}

ssize_t session::send_some()
{
    const char* const bytes = out_.data() + sent_;
    const std::size_t count = out_.size() - sent_;
    return socket_ring::count_of(tls_ ? tls_->send(bytes, count)
                                      : ::send(socket_.number(), bytes, count, MSG_NOSIGNAL));
}

void session::say_goodbye() noexcept
{
    if (tls_ && socket_.is_open()) tls_->say_goodbye();
}

// Of one try, as socket_ring::counts.
void session::note_sent(ssize_t count) noexcept
{
    if (count >= 0) {
        sent_ += static_cast<std::size_t>(count);
        progress_ += static_cast<std::size_t>(count);
    } else if (count == -EAGAIN) {
        writable_ = false;
    } else if (count != -EINTR) {
        broken_ = true;
    }
}

// Tries without waiting, which nearly always does: no trip through the event loop. True when nothing is
// left to send (or nobody to send it to).
bool session::send_now()
{
    while (!broken_ && sent_ < out_.size()) {
        const ssize_t count = send_some();
        note_sent(count);
        if (count == -EAGAIN) return false;
    }
    give_back_output();
    return true;
}

// True: all is sent, or will be when those have been served whose turn it is as well, and on_sent is told of
// it. Where there is more to read, there will be more to send, and what waits must stay as it is.
bool session::send_with_others()
{
    const bool is_settled = !out_.empty() && !readable_ && writable_;
    if (!is_settled || tls_ || !host_.ring.is_open()) return send_now();
    if (!host_.ring.is_due()) {
        asio::post(host_.where, [&ring = host_.ring] { ring.send_all(); });
        host_.ring.set_due();
    }
    host_.ring.add(*this);
    waits_to_send_ = true;
    return true;
}

void session::send_what_waits() noexcept
{
    if (waits_to_send_) host_.ring.send_waiting();
}

// What the socket did not take is for run().
void session::on_sent(ssize_t count) noexcept
{
    waits_to_send_ = false;
    note_sent(count);
    if (sent_ == out_.size()) return give_back_output();
    pending_ = step::read;
    resume();
}

void session::give_back_output() noexcept
{
    sent_ = 0;
    if (out_.capacity() <= host_.limits.kept_bytes) host_.outputs.take_back(out_);
    output_buffer{}.swap(out_);
}

} // namespace latchkey
