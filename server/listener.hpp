// Accepts connections on one listening socket and hands them on. Owned by its shard, runs on its thread;
// ends when closed.
#pragma once

#include "server/listening_socket.hpp"
#include "server/session.hpp"
#include "storage/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace latchkey {

class listener : public std::enable_shared_from_this<listener> {
public:
    // Called with each accepted socket, non-blocking and close-on-exec already.
    using receiver = std::function<void(unique_descriptor socket, const peer_address& peer)>;

    listener(executor where, unique_descriptor socket, door through, receiver receive);

    // Accepts until close(). Out of descriptors or memory it waits a moment instead of spinning.
    static task<void> run(std::shared_ptr<listener> self);

    void close();

private:
    using timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             executor>;

    // False if the process or the system has run out of descriptors or memory.
    bool accept_all();
    bool hand_over(unique_descriptor accepted, const peer_address& peer);

    asio::posix::basic_stream_descriptor<executor> socket_;
    const door through_;
    timer back_off_;
    receiver receive_;
};

} // namespace latchkey
