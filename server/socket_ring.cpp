#include "server/socket_ring.hpp"

#include "storage/file_descriptor.hpp"

#include <cerrno>
#include <liburing.h>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace latchkey {
namespace {

bool moves_one_byte(io_uring& ring) noexcept
{
    io_uring_cqe* seen = nullptr;
    if (io_uring_submit(&ring) != 1 || io_uring_wait_cqe(&ring, &seen) != 0) return false;
    const bool has_moved = seen->res == 1;
    io_uring_cqe_seen(&ring, seen);
    return has_moved;
}

// A ring can be had where it cannot do this: before Linux 5.6, and where a guard denies its use only.
bool can_send_and_receive(io_uring& ring) noexcept
{
    std::array<int, 2> pair{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
    const file_descriptor from{pair[0]};
    const file_descriptor to{pair[1]};
    char byte = 'x';
    io_uring_prep_send(io_uring_get_sqe(&ring), from.number(), &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (!moves_one_byte(ring)) return false;
    io_uring_prep_recv(io_uring_get_sqe(&ring), to.number(), &byte, 1, MSG_DONTWAIT);
    return moves_one_byte(ring);
}

} // namespace

void socket_ring::closer::operator()(io_uring* ring) const noexcept
{
    io_uring_queue_exit(ring);
    delete ring;
}

socket_ring::socket_ring() noexcept = default;
socket_ring::~socket_ring() = default;

bool socket_ring::open() noexcept
{
    std::unique_ptr<io_uring> made{new (std::nothrow) io_uring{}};
    if (!made || io_uring_queue_init(most, made.get(), 0) != 0) return false;
    ring_.reset(made.release());
    io_uring_register_ring_fd(ring_.get()); // saves looking the descriptor up; older kernels cannot
    if (!can_send_and_receive(*ring_)) close();
    return is_open();
}

void socket_ring::add(sender& who) noexcept
{
    if (count_ == most) send_waiting();
    waiting_[count_++] = &who;
}

void socket_ring::send_all() noexcept
{
    is_due_ = false;
    send_waiting();
}

void socket_ring::send_waiting() noexcept
{
    if (count_ == 0) return;
    counts sent;
    const auto prepare = [this](io_uring_sqe* wanted, std::size_t at) {
        const std::string_view bytes = waiting_[at]->unsent();
        io_uring_prep_send(
            wanted, waiting_[at]->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    };
    for (std::size_t at = try_together(count_, sent, prepare); at != count_; ++at) {
        const std::string_view bytes = waiting_[at]->unsent();
        sent[at] =
            count_of(::send(waiting_[at]->socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
    }
    const std::size_t count = std::exchange(count_, 0);
    for (std::size_t at = 0; at != count; ++at)
        waiting_[at]->on_sent(sent[at]);
}

void socket_ring::receive(std::span<const inlet> inlets, counts& received) noexcept
{
    const auto prepare = [&](io_uring_sqe* wanted, std::size_t at) {
        const inlet& one = inlets[at];
        io_uring_prep_recv(wanted, one.socket, one.space.data(), one.space.size(), MSG_DONTWAIT);
    };
    for (std::size_t at = try_together(inlets.size(), received, prepare); at != inlets.size(); ++at) {
        const inlet& one = inlets[at];
        received[at] = count_of(::recv(one.socket, one.space.data(), one.space.size(), MSG_DONTWAIT));
    }
}

// Returns how many of them it has tried, the first ones. A ring that fails is not used again: with it goes
// whatever it might still do.
template <class Prepare>
std::size_t socket_ring::try_together(std::size_t count, counts& results, const Prepare& prepare) noexcept
{
    if (!ring_ || count < least) return 0;
    for (std::size_t at = 0; at != count; ++at) {
        io_uring_sqe* const wanted = io_uring_get_sqe(ring_.get());
        prepare(wanted, at);
        io_uring_sqe_set_data64(wanted, at);
        results[at] = -EIO;
    }
    const int submitted = io_uring_submit(ring_.get());
    const std::size_t taken = submitted < 0 ? 0 : static_cast<std::size_t>(submitted);
    for (std::size_t done = 0; done != taken;) {
        io_uring_cqe* seen = nullptr;
        const int waited = io_uring_wait_cqe(ring_.get(), &seen);
        if (waited == -EINTR) continue;
        if (waited != 0) {
            ring_.reset();
            return count;
        }
        results[seen->user_data] = seen->res;
        io_uring_cqe_seen(ring_.get(), seen);
        ++done;
    }
    if (taken != count) ring_.reset();
    return taken;
}

} // namespace latchkey
