// Tells the sessions of a shard when their sockets can be read from or written to. An epoll set of its own
// beside Asio's: Asio offers a socket's readiness only together with an attempt to receive that fails, or
// with a system call to arm it, and either way through its queue. That is a twentieth of a verification when
// each connection has one request in flight (./dev bench verify). Asio watches this set as one descriptor.
// Owned by the shard; used on its thread only.
#pragma once

#include "server/listening_socket.hpp"
#include "server/socket_ring.hpp"
#include "storage/task.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace latchkey {

class readiness {
public:
    struct events {
        bool readable = false; // or at its end, or broken: receiving will tell
        bool writable = false; // or broken
        bool finished = false; // the peer sends nothing after what has arrived
    };

    class watcher {
    public:
        // Something has become so since the last time. Returns where the watcher would receive into if that
        // is the first thing it would do; otherwise no space. Its turn comes next.
        virtual socket_ring::inlet on_ready(events what) noexcept = 0;
        // That has been received, with what is for others; see socket_ring::counts. Not called where there
        // are no others, or no ring: then it receives in its turn.
        virtual void on_received(ssize_t count) noexcept = 0;
        virtual void on_turn() noexcept = 0;

    protected:
        ~watcher() = default;
    };

    // What `ring` has been given by the watchers that were told at one time is sent after them. Throws
    // system_error when the kernel has no descriptor left.
    readiness(executor where, socket_ring& ring);

    // Until the socket is closed. False: the kernel has no memory for it.
    [[nodiscard]] bool watch(const unique_descriptor& socket, watcher& who) noexcept;

    // Before a watcher ends: it is not told of what has been seen and not been said yet.
    void forget(const watcher& gone) noexcept;

    // Tells the watchers, for as long as the shard runs.
    static task<void> run(readiness& self);

private:
    bool tell_all() noexcept;
    void tell_some() noexcept;
    void receive_for(std::span<const epoll_event> some) noexcept;

    asio::posix::basic_stream_descriptor<executor> set_;
    socket_ring& ring_;
    std::array<epoll_event, 128> seen_{};
    std::span<epoll_event> untold_; // of seen_
};

} // namespace latchkey
