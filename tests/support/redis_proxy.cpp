#include "tests/support/redis_proxy.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <future>
#include <utility>

namespace latchkey::test {

struct redis_proxy::session {
    explicit session(socket accepted)
        : client{std::move(accepted)},
          server{client.get_executor()},
          gate{client.get_executor()}
    {}

    void close()
    {
        error_code ignored;
        if (!is_client_kept) client.close(ignored);
        server.close(ignored);
        gate.cancel();
    }

    socket client;
    socket server;
    redis_timer gate; // waited on while answers are held
    line kind = line::data;
    bool is_marked = false;      // an answer of it is held
    bool is_answer_lost = false; // the next one
    bool is_client_kept = false; // though the server's side is closed
    std::array<char, 65536> question{};
    std::array<char, 65536> answer{};
};

redis_proxy::redis_proxy(std::uint16_t server)
    : acceptor_{context_.get_executor(), {asio::ip::address_v4::loopback(), 0}},
      server_{asio::ip::address_v4::loopback(), server},
      port_{acceptor_.local_endpoint().port()}
{
    auto accepting = accept(*this);
    asio::co_spawn(context_, std::move(accepting), asio::detached);
    thread_ = std::thread{[this] { context_.run(); }};
}

redis_proxy::~redis_proxy()
{
    context_.stop();
    thread_.join();
}

void redis_proxy::on_thread(const std::function<void()>& act)
{
    std::promise<void> done;
    asio::post(context_, [&] {
        act();
        done.set_value();
    });
    done.get_future().wait();
}

void redis_proxy::for_each(line which, const std::function<void(session&)>& act)
{
    on_thread([&] {
        std::erase_if(sessions_, [](const auto& one) { return one.expired(); });
        for (const auto& one : sessions_) {
            const session_pointer on = one.lock();
            if (on && on->kind == which) act(*on);
        }
    });
}

void redis_proxy::cut(line which)
{
    for_each(which, [](session& on) { on.close(); });
}

void redis_proxy::cut_silently(line which)
{
    for_each(which, [](session& on) {
        on.is_client_kept = true;
        error_code ignored;
        on.server.close(ignored);
    });
}

void redis_proxy::hold(line which)
{
    on_thread([&] { holds_[static_cast<std::size_t>(which)] = true; });
}

void redis_proxy::hold_answers_to(std::string_view mark)
{
    on_thread([&] { held_mark_ = mark; });
}

void redis_proxy::lose_answer_to(std::string_view mark)
{
    on_thread([&] { lost_mark_ = mark; });
}

void redis_proxy::release()
{
    on_thread([&] {
        held_mark_.clear();
        holds_ = {};
        for (const auto& one : sessions_) {
            const session_pointer on = one.lock();
            if (!on) continue;
            on->is_marked = false;
            on->gate.cancel();
        }
    });
}

bool redis_proxy::is_held(const session& on) const
{
    return on.server.is_open() && (on.is_marked || holds_[static_cast<std::size_t>(on.kind)]);
}

void redis_proxy::note_marks(session& on, std::string_view message)
{
    const auto has = [&](const std::string& mark) {
        return !mark.empty() && message.find(mark) != message.npos;
    };
    if (has(held_mark_)) on.is_marked = true;
    if (!has(lost_mark_)) return;
    on.is_answer_lost = true;
    lost_mark_.clear();
}

task<void> redis_proxy::accept(redis_proxy& self)
{
    while (true) {
        socket accepted = co_await self.acceptor_.async_accept(use_task);
        auto on = std::make_shared<session>(std::move(accepted));
        error_code ec;
        co_await on->server.async_connect(self.server_, asio::redirect_error(use_task, ec));
        if (ec) continue; // the session goes, and with it the client's connection
        on->server.set_option(asio::ip::tcp::no_delay{true}, ec);
        on->client.set_option(asio::ip::tcp::no_delay{true}, ec);
        self.sessions_.push_back(on);
        auto questions = pass_questions(self, on);
        asio::co_spawn(self.context_, std::move(questions), asio::detached);
        auto answers = pass_answers(self, on);
        asio::co_spawn(self.context_, std::move(answers), asio::detached);
    }
}

task<void> redis_proxy::pass_questions(redis_proxy& self, session_pointer on)
{
    error_code ec;
    while (!ec) {
        const std::size_t size = co_await on->client.async_read_some(asio::buffer(on->question),
                                                                     asio::redirect_error(use_task, ec));
        if (ec) break;
        const std::string_view message{on->question.data(), size};
        if (message.find("SUBSCRIBE") != message.npos) on->kind = line::changes;
        self.note_marks(*on, message);
        if (on->is_client_kept) continue; // nobody is there to hear it
        co_await asio::async_write(
            on->server, asio::buffer(on->question, size), asio::redirect_error(use_task, ec));
        if (on->is_client_kept) ec = {};
    }
    on->is_client_kept = false;
    on->close();
}

task<void> redis_proxy::pass_answers(redis_proxy& self, session_pointer on)
{
    error_code ec;
    while (!ec) {
        const std::size_t size =
            co_await on->server.async_read_some(asio::buffer(on->answer), asio::redirect_error(use_task, ec));
        if (!ec && on->is_answer_lost) ++self.lost_;
        if (ec || on->is_answer_lost) break;
        if (self.is_held(*on)) {
            ++self.held_;
            while (self.is_held(*on)) {
                on->gate.expires_after(std::chrono::hours{1});
                error_code ignored; // cut short by release() or close()
                co_await on->gate.async_wait(asio::redirect_error(use_task, ignored));
            }
            --self.held_;
        }
        co_await asio::async_write(
            on->client, asio::buffer(on->answer, size), asio::redirect_error(use_task, ec));
    }
    on->close();
}

} // namespace latchkey::test
