// Receives and sends for several sessions of a shard by one system call (io_uring), where calls of their own
// are more than a quarter of a verification with one request in flight (./dev bench verify). Each is tried
// once and at once, as recv(2) and send(2) do on a socket that does not block: nothing is under way when a
// function returns. Where the kernel or its guard of system calls allows no io_uring, as in most containers,
// sessions make the calls themselves. Owned by the shard; used on its thread only.
#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <sys/types.h>

struct io_uring;
struct io_uring_sqe;

namespace latchkey {

class socket_ring {
public:
    // More at once save nothing more, and would keep the first ones waiting.
    static constexpr std::size_t most = 16;
    // For one alone a plain call is cheaper.
    static constexpr std::size_t least = 2;

    // How many bytes of each the socket took or gave (0: at its end), or an error number of send(2) or
    // recv(2), negative; -EIO: nobody knows, since the ring has failed.
    using counts = std::array<ssize_t, most>;

    // What recv(2), send(2) or a call like them has returned, as such a count.
    static ssize_t count_of(ssize_t returned) noexcept { return returned < 0 ? -errno : returned; }

    class sender {
    public:
        virtual int socket() const noexcept = 0;
        // Stays as it is until on_sent.
        virtual std::string_view unsent() const noexcept = 0;
        virtual void on_sent(ssize_t count) noexcept = 0;

    protected:
        ~sender() = default;
    };

    struct inlet {
        int socket = -1;
        std::span<char> space; // for what comes in
    };

    socket_ring() noexcept;
    ~socket_ring();
    socket_ring(const socket_ring&) = delete;
    socket_ring& operator=(const socket_ring&) = delete;

    // By the thread that will use it. False: it is not allowed here, or there is no memory or descriptor for
    // it.
    bool open() noexcept;
    bool is_open() const noexcept { return ring_ != nullptr; }
    // By that thread: what it has told the kernel of the ring is its own.
    void close() noexcept { ring_.reset(); }

    // From each of `inlets`, of which there are `most` or fewer, what is there.
    void receive(std::span<const inlet> inlets, counts& received) noexcept;

    // It is sent with the next send_all, at the latest. What is there already may be sent before.
    void add(sender& who) noexcept;
    void send_waiting() noexcept; // what is there now
    void send_all() noexcept;     // likewise, as somebody has said

    // Whether somebody has said that he will call send_all. To be seen to before anything is added.
    bool is_due() const noexcept { return is_due_; }
    void set_due() noexcept { is_due_ = true; }

private:
    struct closer {
        void operator()(io_uring* ring) const noexcept;
    };

    template <class Prepare>
    std::size_t try_together(std::size_t count, counts& results, const Prepare& prepare) noexcept;

    std::unique_ptr<io_uring, closer> ring_; // null: not open
    std::array<sender*, most> waiting_{};
    std::size_t count_ = 0; // of waiting_
    bool is_due_ = false;
};

} // namespace latchkey
