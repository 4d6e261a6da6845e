// The service behind a gateway: answers each request with its head as it arrived, and keeps its body
// (Caddy 2.6 at times cuts off a long answer that begins before it has noticed the end of the request). A
// path /status/NNN chooses the status of the answer. One thread of its own, on a free port of the loopback.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace latchkey::test {

class echo_service {
public:
    echo_service();
    echo_service(const echo_service&) = delete;
    echo_service& operator=(const echo_service&) = delete;
    ~echo_service();

    std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

    // How many requests have arrived whole.
    unsigned requests() const noexcept { return requests_; }

    // Of the latest of them.
    std::string body() const;

private:
    using tcp = boost::asio::ip::tcp;

    boost::asio::awaitable<void> accept_all();
    boost::asio::awaitable<void> answer_one(tcp::socket client);

    boost::asio::io_context context_{1};
    tcp::acceptor acceptor_;
    std::uint16_t port_;
    std::atomic<unsigned> requests_{0};
    mutable std::mutex mutex_;
    std::string body_;
    std::thread thread_;
};

} // namespace latchkey::test
