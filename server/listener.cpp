#include "server/listener.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>

#include <cerrno>
#include <new>
#include <sys/socket.h>
#include <utility>

namespace latchkey {
namespace {

constexpr std::chrono::milliseconds exhaustion_pause{100};

peer_address to_peer(const asio::ip::tcp::endpoint& from, door through)
{
    const int family = from.data()->sa_family;
    if (family != AF_INET && family != AF_INET6)
        return {.address = {}, .is_local_socket = true, .through = through};
    return {.address = from.address(), .is_local_socket = false, .through = through};
}

} // namespace

listener::listener(executor where, unique_descriptor socket, door through, receiver receive)
    : socket_(where, socket.release()),
      through_(through),
      back_off_(where),
      receive_(std::move(receive))
{}

task<void> listener::run(std::shared_ptr<listener> self)
{
    constexpr auto in_place = asio::as_tuple(asio::deferred);
    while (self->socket_.is_open()) {
        auto ready = self->socket_.async_wait(asio::posix::descriptor_base::wait_read, in_place);
        const auto waited = co_await std::move(ready);
        if (std::get<0>(waited)) break; // closed, or no longer a socket one can wait for
        if (self->accept_all()) continue;

        self->back_off_.expires_after(exhaustion_pause);
        auto pause = self->back_off_.async_wait(in_place);
        const auto paused = co_await std::move(pause);
        if (std::get<0>(paused)) break;
    }
}

bool listener::accept_all()
{
    // Bounded, so that a flood of new connections cannot keep the open ones from being served.
    for (int count = 0; count < 64; ++count) {
        asio::ip::tcp::endpoint from;
        auto size = static_cast<socklen_t>(from.capacity());
        unique_descriptor accepted{
            accept4(socket_.native_handle(), from.data(), &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
        if (accepted.is_open()) {
            if (!hand_over(std::move(accepted), to_peer(from, through_))) return false;
            continue;
        }
        if (errno == EAGAIN) return true;
        const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (exhausted) return false;
        // All else is a fault of the connection that was to be accepted (accept(2), "Error handling").
    }
    return true;
}

// False: there is no memory for it.
bool listener::hand_over(unique_descriptor accepted, const peer_address& peer)
{
    try {
        receive_(std::move(accepted), peer);
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

void listener::close()
{
    boost::system::error_code ec;
    socket_.close(ec);
    back_off_.cancel();
}

} // namespace latchkey
