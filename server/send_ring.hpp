// Sends what several sessions of a shard have for their peers by one system call (io_uring), where a call for
// each is a sixth of a verification with one request in flight (./dev bench verify). Each is tried once and
// at once, as send(2) does on a socket that does not block: nothing is under way when send_all returns. Where
// the kernel or its guard of system calls allows no io_uring, as in most containers, sessions send by
// themselves. Owned by the shard; used on its thread only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>
#include <sys/types.h>

struct io_uring;

namespace latchkey {

class send_ring {
public:
    // More at once save nothing more, and would keep the first ones waiting.
    static constexpr std::size_t most = 16;

    class sender {
    public:
        virtual int socket() const noexcept = 0;
        // Stays as it is until on_sent.
        virtual std::string_view unsent() const noexcept = 0;
        // How many bytes of it the socket took, or an error number of send(2), negative.
        virtual void on_sent(ssize_t count) noexcept = 0;

    protected:
        ~sender() = default;
    };

    send_ring() noexcept;
    ~send_ring();
    send_ring(const send_ring&) = delete;
    send_ring& operator=(const send_ring&) = delete;

    // By the thread that will send. False: it is not allowed here, or there is no memory or descriptor for
    // it.
    bool open() noexcept;
    bool is_open() const noexcept { return ring_ != nullptr; }
    // By that thread: what it has told the kernel of the ring is its own.
    void close() noexcept { ring_.reset(); }

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
    using results = std::array<ssize_t, most>;

    void send_together(results& counts) noexcept;
    void send_each(std::size_t from, results& counts) const noexcept;

    std::unique_ptr<io_uring, closer> ring_; // null: not open
    std::array<sender*, most> waiting_{};
    std::size_t count_ = 0; // of waiting_
    bool is_due_ = false;
};

} // namespace latchkey
