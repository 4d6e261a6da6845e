#include "server/send_ring.hpp"

#include "storage/file_descriptor.hpp"

#include <algorithm>
#include <cerrno>
#include <liburing.h>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t least_together = 2; // for one alone a plain call is cheaper

// A ring can be had where it cannot send: before Linux 5.6, and where a guard denies its use only.
bool can_send(io_uring& ring) noexcept
{
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
    const file_descriptor from{pair[0]};
    const file_descriptor to{pair[1]};
    io_uring_prep_send(io_uring_get_sqe(&ring), from.number(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    io_uring_cqe* seen = nullptr;
    if (io_uring_submit(&ring) != 1 || io_uring_wait_cqe(&ring, &seen) != 0) return false;
    const bool is_sent = seen->res == 1;
    io_uring_cqe_seen(&ring, seen);
    return is_sent;
}

} // namespace

void send_ring::closer::operator()(io_uring* ring) const noexcept
{
    io_uring_queue_exit(ring);
    delete ring;
}

send_ring::send_ring() noexcept = default;
send_ring::~send_ring() = default;

bool send_ring::open() noexcept
{
    std::unique_ptr<io_uring> made{new (std::nothrow) io_uring{}};
    if (!made || io_uring_queue_init(most, made.get(), 0) != 0) return false;
    ring_.reset(made.release());
    io_uring_register_ring_fd(ring_.get()); // saves looking the descriptor up; older kernels cannot
    if (!can_send(*ring_)) close();
    return is_open();
}

void send_ring::add(sender& who) noexcept
{
    if (count_ == most) send_waiting();
    waiting_[count_++] = &who;
}

void send_ring::send_all() noexcept
{
    is_due_ = false;
    send_waiting();
}

void send_ring::send_waiting() noexcept
{
    if (count_ == 0) return;
    results counts;
    if (ring_ && count_ >= least_together)
        send_together(counts);
    else
        send_each(0, counts);
    const std::size_t sent = std::exchange(count_, 0);
    for (std::size_t at = 0; at != sent; ++at)
        waiting_[at]->on_sent(counts[at]);
}

// What the ring did not take is sent the other way, and a ring that fails is not used again: with it goes
// whatever it might still do.
void send_ring::send_together(results& counts) noexcept
{
    for (std::size_t at = 0; at != count_; ++at) {
        const std::string_view bytes = waiting_[at]->unsent();
        io_uring_sqe* const wanted = io_uring_get_sqe(ring_.get());
        io_uring_prep_send(
            wanted, waiting_[at]->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        io_uring_sqe_set_data64(wanted, at);
        counts[at] = -EIO;
    }
    const int submitted = io_uring_submit(ring_.get());
    const std::size_t taken = submitted < 0 ? 0 : static_cast<std::size_t>(submitted);
    for (std::size_t done = 0; done != taken;) {
        io_uring_cqe* seen = nullptr;
        const int waited = io_uring_wait_cqe(ring_.get(), &seen);
        if (waited == -EINTR) continue;
        if (waited != 0) {
            ring_.reset();
            return;
        }
        counts[seen->user_data] = seen->res;
        io_uring_cqe_seen(ring_.get(), seen);
        ++done;
    }
    if (taken == count_) return;
    ring_.reset();
    send_each(taken, counts);
}

void send_ring::send_each(std::size_t from, results& counts) const noexcept
{
    for (std::size_t at = from; at != count_; ++at) {
        const std::string_view bytes = waiting_[at]->unsent();
        counts[at] = ::send(waiting_[at]->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (counts[at] < 0) counts[at] = -errno;
    }
}

} // namespace latchkey
