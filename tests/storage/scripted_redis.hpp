// A server on an io_context of the test's that says what it is told to, whatever it is asked: for what no
// real redis-server does. To the n-th thing it reads on a connection it answers the n-th text, then nothing.
#pragma once

#include "storage/redis_endpoint.hpp"
#include "storage/task.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace latchkey::test {

inline const std::string pong = "+PONG\r\n"; // what a connection reads first

class scripted_redis {
public:
    scripted_redis(asio::io_context& context, std::vector<std::string> answers)
        : acceptor_{std::make_shared<acceptor>(context.get_executor(),
                                               tcp::endpoint{asio::ip::address_v4::loopback(), 0})},
          answers_{std::make_shared<std::vector<std::string>>(std::move(answers))}
    {
        auto serving = serve(acceptor_, answers_);
        asio::co_spawn(context, std::move(serving), asio::detached);
    }

    // Instead of what it was made with, to whoever connects from now on: answers that name it.
    void answer_with(std::vector<std::string> answers) { *answers_ = std::move(answers); }

    redis_endpoint endpoint() const
    {
        return {.address = {.via = redis_address::transport::tcp,
                            .host = "127.0.0.1",
                            .port = acceptor_->local_endpoint().port(),
                            .path = {}},
                .login = {}};
    }

private:
    using tcp = asio::ip::tcp;
    using acceptor = asio::basic_socket_acceptor<tcp, executor>;
    using socket = asio::basic_stream_socket<tcp, executor>;

    static task<void> serve(std::shared_ptr<acceptor> door, std::shared_ptr<std::vector<std::string>> answers)
    {
        for (;;) {
            socket connection{door->get_executor()};
            error_code ec;
            co_await door->async_accept(connection, asio::redirect_error(use_task, ec));
            if (ec) co_return;
            auto answering = answer(std::move(connection), *answers);
            asio::co_spawn(door->get_executor(), std::move(answering), asio::detached);
        }
    }

    static task<void> answer(socket connection, std::vector<std::string> answers)
    {
        std::string block(4096, '\0');
        error_code ec;
        for (const std::string& each : answers) {
            co_await connection.async_read_some(asio::buffer(block), asio::redirect_error(use_task, ec));
            if (ec) co_return;
            co_await asio::async_write(connection, asio::buffer(each), asio::redirect_error(use_task, ec));
            if (ec) co_return;
        }
        while (!ec)
            co_await connection.async_read_some(asio::buffer(block), asio::redirect_error(use_task, ec));
    }

    std::shared_ptr<acceptor> acceptor_;
    std::shared_ptr<std::vector<std::string>> answers_;
};

} // namespace latchkey::test
