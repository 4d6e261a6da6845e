// Stands between the clients of a store and one Redis server on the loopback interface, tells their data
// connections from those that carry news of changes, and disturbs them as a test wants. Owned by the test;
// has a thread of its own, and every function may be called from any other.
#pragma once

#include "storage/redis_connection.hpp"
#include "storage/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace latchkey::test {

class redis_proxy {
public:
    enum class line { data, changes };

    explicit redis_proxy(std::uint16_t server);
    redis_proxy(const redis_proxy&) = delete;
    redis_proxy& operator=(const redis_proxy&) = delete;
    ~redis_proxy();

    std::uint16_t port() const noexcept { return port_; }

    // Closes the connections that there are, on both sides.
    void cut(line which);

    // Closes them towards the server only: the client hears nothing more, and nothing of that.
    void cut_silently(line which);

    // What the server says on such connections, those to come too, waits here until `release`.
    void hold(line which);

    // Likewise from the next answer on to a message in which `mark` stands, on that connection.
    void hold_answers_to(std::string_view mark);

    // Lets go of all that waits, and holds nothing any more.
    void release();

    // How many connections have something waiting.
    int held() const noexcept { return held_; }

    // The next answer to a message in which `mark` stands is lost, and with it the connection; once.
    void lose_answer_to(std::string_view mark);

    // How many answers were lost so.
    int lost() const noexcept { return lost_; }

private:
    using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
    using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
    struct session;
    using session_pointer = std::shared_ptr<session>;

    static task<void> accept(redis_proxy& self);
    static task<void> pass_questions(redis_proxy& self, session_pointer on);
    static task<void> pass_answers(redis_proxy& self, session_pointer on);
    bool is_held(const session& on) const;
    void note_marks(session& on, std::string_view message);
    void for_each(line which, const std::function<void(session&)>& act);
    void on_thread(const std::function<void()>& act);

    asio::io_context context_{1};
    acceptor acceptor_;
    asio::ip::tcp::endpoint server_;
    std::uint16_t port_;
    std::vector<std::weak_ptr<session>> sessions_;
    std::array<bool, 2> holds_{}; // by line
    std::string held_mark_;       // empty: none
    std::string lost_mark_;       // likewise
    std::atomic<int> held_{0};
    std::atomic<int> lost_{0};
    std::thread thread_; // last: it uses the rest
};

} // namespace latchkey::test
