// One connection: bytes in, bytes out. Reads what is there, answers every request that is whole, writes
// once, and repeats; pipelining, batching and back-pressure follow from that order. Kept alive by its own
// coroutine; the shard's list of sessions only points at it. Lives on its shard's thread.
#pragma once

#include "server/door.hpp"
#include "server/readiness.hpp"
#include "server/repeated_head.hpp"
#include "server/request_parser.hpp"
#include "server/session_host.hpp"
#include "server/tls_session.hpp"
#include "storage/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

struct peer_address {
    asio::ip::address address; // unspecified for unix sockets
    bool is_local_socket = false;
    door through = door::clients;
};

bool speaks_tls(const peer_address& peer, const session_host& host) noexcept;

class session final
    : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
      private readiness::watcher,
      private socket_ring::sender {
public:
    // `socket` does not block.
    session(unique_descriptor socket, session_host& host, const peer_address& peer);
    ~session();

    // Before run(). False: the kernel cannot watch one more socket.
    [[nodiscard]] bool begin() noexcept { return host_.sockets.watch(socket_, *this); }

    // The life of the connection. Throws what on_turn could not.
    static task<void> run(std::shared_ptr<session> self);

    // Ends the connection if `now` is past the deadline of what it is doing. A request that comes in too
    // slowly is answered 408, everything else is closed without a word.
    void sweep(steady_time now);

    // For a graceful stop: closes at once if no request has begun. Others see host.draining.
    void close_if_idle();

    // Ends it now; a handler in flight runs on and its answer is dropped.
    void close();

private:
    enum class phase : std::uint8_t { idle, reading_head, reading_body, handling, writing, lingering };
    enum class step : std::uint8_t {
        go_on,  // look again
        read,   // more input is needed
        handle, // the request is whole and its handler may wait
        flush,  // the batch has grown enough
        finish, // nothing more to answer
    };

    // session_requests.cpp: from bytes to answers, plain functions.
    step advance();
    step read_head();
    step begin_request();
    step begin_body(bool continue_wanted);
    step read_body();
    bool is_body_whole();
    bool collect_body();
    parse_progress read_chunks();
    step await_body();
    std::size_t body_memory() const noexcept;
    parse_progress parse_head();
    void expect_tokens(std::string_view bytes) noexcept;
    head_verdict ask_for_head(bool keep_alive);
    bool skip_blank_line();
    void shift_input();
    void move_request_to_front();
    step handle_with(std::string_view body, bool keep_alive);
    // A request that has arrived behind the current one and is like it (request::found).
    struct follower {
        request asked;
        bool is_told = false;
        output_buffer told; // its answer, where the head was enough
        response answer;    // otherwise, once it has been asked
    };
    std::vector<follower> take_followers();
    void finish_followers(const std::vector<follower>& others);
    void finish_request(bool keep_alive);
    void finish_with(protocol_error why);
    void report_exception(std::exception_ptr thrown, std::size_t answered);

    // session.cpp: coroutines, turns, time.
    static task<void> answer_current(std::shared_ptr<session> self);
    static task<response> ask_together(std::shared_ptr<session> self, std::vector<follower>& others);
    static task<void> send_rest(std::shared_ptr<session> self);
    static task<bool> send_body_rest(std::shared_ptr<session> self, std::shared_ptr<body_rest> rest);
    static task<void> linger(std::shared_ptr<session> self);
    enum class awaited : std::uint8_t {
        nothing,
        request, // on_turn answers it, and resumes run() only if something has to wait
        input,
        space, // in the socket, for output
    };
    static task<void> let_others_run(std::shared_ptr<session> self);
    static task<void> wait_for(std::shared_ptr<session> self, awaited what);
    void on_turn() noexcept override;
    enum class served : std::uint8_t {
        everything, // that has arrived
        its_share,  // now it is the others' turn
        partly,     // what follows is for run(): something has to wait, or the input has ended
    };
    served serve_at_once();
    void resume() noexcept;
    void flush_while_handling();
    void enter(phase next) noexcept;
    std::chrono::milliseconds allowance() const noexcept;

    // session_socket.cpp: what the socket gives and takes, tried without waiting.
    socket_ring::inlet on_ready(readiness::events what) noexcept override;
    void on_received(ssize_t count) noexcept override;
    void receive();
    ssize_t receive_some() noexcept;
    void note_received(ssize_t count) noexcept;
    bool send_now();
    ssize_t send_some();
    void note_sent(ssize_t count) noexcept;
    bool send_with_others();
    void send_what_waits() noexcept;
    int socket() const noexcept override { return socket_.number(); }
    std::string_view unsent() const noexcept override { return std::string_view{out_}.substr(sent_); }
    void on_sent(ssize_t count) noexcept override;
    void give_back_output() noexcept;
    void say_goodbye() noexcept;

    // For what comes in next.
    std::span<char> space() const noexcept { return {input_.get() + end_, capacity_ - end_}; }

    std::string_view input(std::size_t from, std::size_t to) const noexcept
    {
        return {input_.get() + from, to - from};
    }

    using alarm = asio::basic_waitable_timer<std::chrono::steady_clock,
                                             asio::wait_traits<std::chrono::steady_clock>,
                                             executor>;

    unique_descriptor socket_;
    session_host& host_;
    const peer_address peer_;
    const std::unique_ptr<tls_session> tls_; // over socket_; null: plain HTTP

    // --- waiting ---
    alarm resumption_; // never runs out: cancelled to resume run()
    awaited awaited_ = awaited::nothing;
    bool readable_ = false;     // there may be input; false: the next comes with a call of on_ready
    bool writable_ = true;      // likewise for space
    bool finished_ = false;     // the peer sends no more
    int rounds_ = 0;            // of receiving, since others had their turn
    bool has_received_ = false; // together with others, what receive() would next
    bool input_ended_ = false;
    std::optional<step> pending_; // what advance() said to on_turn, for run() to do
    std::exception_ptr thrown_;   // in on_turn

    // --- time ---
    steady_time since_;          // when phase_ began
    std::uint64_t progress_ = 0; // bytes of body received or of answers sent in this phase
    phase phase_ = phase::idle;
    bool expired_ = false; // the sweeper ended a read

    // --- input: [begin_, end_) is unread; the current request's head starts at begin_ ---
    const std::size_t capacity_;
    const std::unique_ptr<char[]> input_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::size_t body_at_ = 0;         // where the head ends
    std::size_t next_ = 0;            // where the next request starts, once this one's body is whole
    bool blank_line_skipped_ = false; // one is forgiven (RFC 9112 2.2)

    // --- the current request ---
    request request_;
    std::optional<request_parser> parser_;
    repeated_head last_head_;      // while it remembers one: what request_ and parser_ hold is of that head
    std::size_t expected_ = 0;     // of this head and those that follow, how many the handler was told of
    std::string body_;             // of chunks, or too large for input_
    buffer_budget::share buffers_; // body_, and out_ while it waits for the peer
    bool in_body_ = false;
    bool body_in_place_ = false; // it fits into input_ behind its head
    bool keep_alive_ = true;     // after the answer of the handler that is about to be called

    // --- output: [sent_, size) is still to be sent; borrowed from the host while there is some ---
    output_buffer out_;
    std::size_t sent_ = 0;
    bool waits_to_send_ = false; // what is there, with the host's answers
    bool closing_ = false;       // after what is in out_
    bool broken_ = false;        // the peer is gone or was cut off
    bool linger_ = false;        // the peer may still be sending
};

} // namespace latchkey
