#include "server/readiness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace latchkey {
namespace {

// Sockets that never rest cannot keep the rest of the shard waiting for longer than this many rounds.
constexpr int most_rounds_in_a_row = 8;

int open_set()
{
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error{errno, std::system_category(), "epoll_create1"};
    return set;
}

readiness::events events_of(std::uint32_t bits) noexcept
{
    const bool broken = (bits & (EPOLLERR | EPOLLHUP)) != 0;
    return {.readable = broken || (bits & (EPOLLIN | EPOLLRDHUP)) != 0,
            .writable = broken || (bits & EPOLLOUT) != 0,
            .finished = broken || (bits & EPOLLRDHUP) != 0};
}

readiness::watcher& watcher_of(const epoll_event& one) noexcept
{
    return *static_cast<readiness::watcher*>(one.data.ptr);
}

} // namespace

readiness::readiness(executor where, socket_ring& ring) : set_{where, open_set()}, ring_{ring} {}

bool readiness::watch(const unique_descriptor& socket, watcher& who) noexcept
{
    epoll_event wanted{};
    wanted.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    wanted.data.ptr = &who;
    return ::epoll_ctl(set_.native_handle(), EPOLL_CTL_ADD, socket.number(), &wanted) == 0;
}

void readiness::forget(const watcher& gone) noexcept
{
    for (epoll_event& one : untold_) {
        if (one.data.ptr == &gone) one.data.ptr = nullptr;
    }
}

// False: there was nothing to tell.
bool readiness::tell_all() noexcept
{
    const int count = ::epoll_wait(set_.native_handle(), seen_.data(), static_cast<int>(seen_.size()), 0);
    if (count <= 0) return false;
    ring_.set_due();
    untold_ = std::span{seen_}.first(static_cast<std::size_t>(count));
    while (!untold_.empty())
        tell_some();
    ring_.send_all();
    return true;
}

// As many as can receive together. One whose turn it is may end others of them: those are forgotten.
void readiness::tell_some() noexcept
{
    ring_.send_waiting(); // of those before, who need not wait for these
    std::size_t left = std::min(untold_.size(), socket_ring::most);
    receive_for(untold_.first(left));
    for (; left != 0; --left) {
        const epoll_event one = untold_.front();
        untold_ = untold_.subspan(1);
        if (one.data.ptr != nullptr) watcher_of(one).on_turn();
    }
}

// Tells them what has become so, and receives for those who want that, if they are several.
void readiness::receive_for(std::span<const epoll_event> some) noexcept
{
    std::array<watcher*, socket_ring::most> receivers;
    std::array<socket_ring::inlet, socket_ring::most> inlets;
    std::size_t count = 0;
    for (const epoll_event& one : some) {
        if (one.data.ptr == nullptr) continue;
        inlets[count] = watcher_of(one).on_ready(events_of(one.events));
        receivers[count] = &watcher_of(one);
        if (!inlets[count].space.empty()) ++count;
    }
    if (count < socket_ring::least || !ring_.is_open()) return;
    socket_ring::counts received;
    ring_.receive(std::span{inlets}.first(count), received);
    for (std::size_t at = 0; at != count; ++at)
        receivers[at]->on_received(received[at]);
}

task<void> readiness::run(readiness& self)
{
    while (true) {
        auto waiting =
            self.set_.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::deferred));
        const auto waited = co_await std::move(waiting);
        if (std::get<0>(waited)) co_return;
        for (int round = 0; round < most_rounds_in_a_row && self.tell_all();)
            ++round;
    }
}

} // namespace latchkey
