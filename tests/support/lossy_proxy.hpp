// Stands between a client and a server on the loopback interface, and loses what a test wants lost: the
// server's answer, after the server has done what it was asked. Owned by the test; has a thread of its own.
#pragma once

#include "storage/error.hpp"
#include "storage/task.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace latchkey::test {

class lossy_proxy {
public:
    explicit lossy_proxy(std::uint16_t server);
    lossy_proxy(const lossy_proxy&) = delete;
    lossy_proxy& operator=(const lossy_proxy&) = delete;
    ~lossy_proxy();

    std::uint16_t port() const noexcept { return port_; }

    // The next answer to a message in which `mark` stands is lost, and with it the connection; once.
    void lose_answer_to(std::string_view mark);

    int lost() const noexcept { return lost_; }

private:
    using socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
    using acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;
    struct session;

    static task<void> accept(lossy_proxy& self);
    static task<void> pass_questions(lossy_proxy& self, std::shared_ptr<session> on);
    static task<void> pass_answers(lossy_proxy& self, std::shared_ptr<session> on);
    bool is_marked(std::string_view message);

    asio::io_context context_{1};
    acceptor acceptor_;
    asio::ip::tcp::endpoint server_;
    std::uint16_t port_;
    std::mutex mutex_;
    std::string mark_; // empty: nothing is to be lost
    std::atomic<int> lost_{0};
    std::thread thread_; // last: it uses the rest
};

} // namespace latchkey::test
