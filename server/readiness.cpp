#include "server/readiness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

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

} // namespace

readiness::readiness(executor where, send_ring& answers) : set_{where, open_set()}, answers_{answers} {}

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
    answers_.set_due();
    untold_ = std::span{seen_}.first(static_cast<std::size_t>(count));
    while (!untold_.empty()) {
        const epoll_event one = untold_.front();
        untold_ = untold_.subspan(1);
        if (one.data.ptr != nullptr) static_cast<watcher*>(one.data.ptr)->on_ready(events_of(one.events));
    }
    answers_.send_all();
    return true;
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
