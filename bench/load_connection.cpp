#include "bench/load_connection.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace latchkey::bench {
namespace {

constexpr std::size_t shown_of_an_answer = 2000;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

load_connection::load_connection(const sockaddr_in& server,
                                 bool is_over_tls,
                                 load_tally& tally,
                                 socket_ring& ring)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
      tally_{tally},
      ring_{ring}
{
    if (socket_.number() < 0) fail("socket");
    if (connect(number(), reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
    const int on = 1;
    if (setsockopt(number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail("TCP_NODELAY");
    if (is_over_tls) tls_ = std::make_unique<load_tls>(number());
}

void load_connection::request(std::string_view text, unsigned count, steady_time due)
{
    awaited_.push_back({due, count});
    unsent_.push_back(text);
    if (unsent_.size() != 1) return; // the others go first
    if (tls_)
        send_rest();
    else
        ring_.add(*this);
}

void load_connection::on_sent(ssize_t count) noexcept
{
    if (count < 0) {
        if (count != -EAGAIN) send_error_ = static_cast<int>(-count);
        return;
    }
    unsent_.front().remove_prefix(static_cast<std::size_t>(count));
    if (unsent_.front().empty()) unsent_.pop_front();
}

void load_connection::check_sent() const
{
    if (send_error_ != 0) throw std::system_error{send_error_, std::generic_category(), "send"};
}

// As socket_ring::counts.
ssize_t load_connection::send_some(std::string_view text) noexcept
{
    return socket_ring::count_of(
        tls_ ? tls_->send(text) : send(number(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

ssize_t load_connection::receive_some(std::span<char> into) noexcept
{
    return tls_ ? tls_->receive(into) : recv(number(), into.data(), into.size(), MSG_DONTWAIT);
}

void load_connection::send_rest()
{
    for (bool takes_more = true; takes_more && is_blocked();) {
        const auto wanted = static_cast<ssize_t>(unsent_.front().size());
        const ssize_t sent = send_some(unsent_.front());
        on_sent(sent);
        takes_more = sent == wanted;
    }
    check_sent();
}

void load_connection::receive(std::span<char> space)
{
    const std::size_t kept = partial_.copy(space.data(), space.size());
    const ssize_t received = receive_some(space.subspan(kept));
    if (received == 0) throw std::runtime_error{"the server closed a connection"};
    if (received < 0) {
        if (errno == EAGAIN) return;
        fail("recv");
    }
    const steady_time now = std::chrono::steady_clock::now();
    std::string_view rest{space.data(), kept + static_cast<std::size_t>(received)};
    for (answer found = reader_.next(rest); found.size != 0; found = reader_.next(rest)) {
        take(found, rest, now);
        rest.remove_prefix(found.size);
    }
    if (rest.size() == space.size()) throw std::runtime_error{"an answer is longer than the buffer"};
    partial_ = rest;
}

void load_connection::take(const answer& found, std::string_view text, steady_time now)
{
    if (is_idle()) throw std::runtime_error{"an answer that nobody asked for"};
    batch& oldest = awaited_.front();
    if (found.status != tally_.expected_status) {
        if (tally_.unexpected++ == 0)
            tally_.first_unexpected = text.substr(0, std::min(found.size, shown_of_an_answer));
    } else if (tally_.is_counting) {
        tally_.latencies.add(now - oldest.due);
        tally_.last_answer = now;
    }
    if (--oldest.count == 0) awaited_.pop_front();
}

} // namespace latchkey::bench
