#include "tests/gateways/echo_service.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <cctype>
#include <cstddef>
#include <utility>

namespace latchkey::test {
namespace {

namespace asio = boost::asio;

// Gateways spell the name as they like.
std::size_t body_length(std::string head)
{
    for (char& c : head)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    constexpr std::string_view name = "\r\ncontent-length:";
    const std::size_t at = head.find(name);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
}

std::string status_for(const std::string& head)
{
    constexpr std::string_view name = " /status/";
    const std::size_t at = head.find(name);
    return at == std::string::npos ? "200" : head.substr(at + name.size(), 3);
}

} // namespace

echo_service::echo_service()
    : acceptor_{context_, tcp::endpoint{asio::ip::address_v4::loopback(), 0}},
      port_{acceptor_.local_endpoint().port()}
{
    asio::co_spawn(context_, accept_all(), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

echo_service::~echo_service()
{
    context_.stop();
    thread_.join();
}

std::string echo_service::body() const
{
    const std::lock_guard guard{mutex_};
    return body_;
}

asio::awaitable<void> echo_service::accept_all()
{
    for (;;) {
        tcp::socket client = co_await acceptor_.async_accept(asio::use_awaitable);
        asio::co_spawn(context_, answer_one(std::move(client)), asio::detached);
    }
}

// Gateways open connections ahead and drop them: an exception ends this one only.
asio::awaitable<void> echo_service::answer_one(tcp::socket client)
{
    std::string received;
    auto buffer = asio::dynamic_buffer(received);
    const std::size_t head_size =
        co_await asio::async_read_until(client, buffer, "\r\n\r\n", asio::use_awaitable);
    const std::size_t whole = head_size + body_length(received.substr(0, head_size));
    if (received.size() < whole) {
        const std::size_t lacking = whole - received.size();
        co_await asio::async_read(client, buffer, asio::transfer_exactly(lacking), asio::use_awaitable);
    }
    {
        const std::lock_guard guard{mutex_};
        body_ = received.substr(head_size);
    }
    ++requests_;
    received.resize(head_size);

    std::string answer = "HTTP/1.1 " + status_for(received) +
                         " Echo\r\nConnection: close\r\nContent-Length: " + std::to_string(received.size()) +
                         "\r\n\r\n";
    answer += received;
    co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
}

} // namespace latchkey::test
