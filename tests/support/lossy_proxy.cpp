#include "tests/support/lossy_proxy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <utility>

namespace latchkey::test {

struct lossy_proxy::session {
    explicit session(socket accepted) : client{std::move(accepted)}, server{client.get_executor()} {}

    void close()
    {
        error_code ignored;
        client.close(ignored);
        server.close(ignored);
    }

    socket client;
    socket server;
    bool is_answer_lost = false;
    std::array<char, 65536> question{};
    std::array<char, 65536> answer{};
};

lossy_proxy::lossy_proxy(std::uint16_t server)
    : acceptor_{context_.get_executor(), {asio::ip::address_v4::loopback(), 0}},
      server_{asio::ip::address_v4::loopback(), server},
      port_{acceptor_.local_endpoint().port()}
{
    auto accepting = accept(*this);
    asio::co_spawn(context_, std::move(accepting), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

lossy_proxy::~lossy_proxy()
{
    context_.stop();
    thread_.join();
}

void lossy_proxy::lose_answer_to(std::string_view mark)
{
    const std::lock_guard hold{mutex_};
    mark_ = mark;
}

bool lossy_proxy::is_marked(std::string_view message)
{
    const std::lock_guard hold{mutex_};
    if (mark_.empty() || message.find(mark_) == message.npos) return false;
    mark_.clear();
    return true;
}

task<void> lossy_proxy::accept(lossy_proxy& self)
{
    while (true) {
        socket accepted = co_await self.acceptor_.async_accept(use_task);
        auto on = std::make_shared<session>(std::move(accepted));
        error_code ec;
        co_await on->server.async_connect(self.server_, asio::redirect_error(use_task, ec));
        if (ec) continue; // the session goes, and with it the client's connection
        auto questions = pass_questions(self, on);
        asio::co_spawn(self.context_, std::move(questions), asio::detached);
        auto answers = pass_answers(self, on);
        asio::co_spawn(self.context_, std::move(answers), asio::detached);
    }
}

task<void> lossy_proxy::pass_questions(lossy_proxy& self, std::shared_ptr<session> on)
{
    error_code ec;
    while (!ec) {
        const std::size_t size = co_await on->client.async_read_some(asio::buffer(on->question),
                                                                     asio::redirect_error(use_task, ec));
        if (ec) break;
        if (self.is_marked({on->question.data(), size})) on->is_answer_lost = true;
        co_await asio::async_write(
            on->server, asio::buffer(on->question, size), asio::redirect_error(use_task, ec));
    }
    on->close();
}

task<void> lossy_proxy::pass_answers(lossy_proxy& self, std::shared_ptr<session> on)
{
    error_code ec;
    while (!ec) {
        const std::size_t size =
            co_await on->server.async_read_some(asio::buffer(on->answer), asio::redirect_error(use_task, ec));
        if (!ec && on->is_answer_lost) ++self.lost_;
        if (ec || on->is_answer_lost) break;
        co_await asio::async_write(
            on->client, asio::buffer(on->answer, size), asio::redirect_error(use_task, ec));
    }
    on->close();
}

} // namespace latchkey::test
