#include "storage/redis_connection.hpp"

#include "storage/redis_command.hpp"
#include "storage/redis_connection_tls_stream.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

using tcp = asio::ip::tcp;
using local_socket = asio::basic_stream_socket<asio::local::stream_protocol, executor>;

// One deadline for all steps of opening: on expiry it ends whatever step is under way.
class opening_deadline : public std::enable_shared_from_this<opening_deadline> {
public:
    opening_deadline(executor where, std::chrono::milliseconds patience) : timer_{where}, patience_{patience}
    {}

    void start()
    {
        timer_.expires_after(patience_);
        timer_.async_wait([self = shared_from_this()](error_code ec) {
            if (ec) return;
            self->is_over_ = true;
            if (self->cancel_) self->cancel_();
        });
    }

    void on_expiry(std::function<void()> cancel) { cancel_ = std::move(cancel); }

    void stop()
    {
        timer_.cancel();
        cancel_ = nullptr;
    }

    // The step's own error, unless the deadline was its reason.
    std::string reason(const std::string& problem) const
    {
        if (!is_over_) return problem;
        return "no answer within " + std::to_string(patience_.count()) + " ms";
    }

    bool is_over() const noexcept { return is_over_; }

private:
    redis_timer timer_;
    std::chrono::milliseconds patience_;
    std::function<void()> cancel_;
    bool is_over_ = false;
};

using deadline_pointer = std::shared_ptr<opening_deadline>;

// The server's words, fit for one line of a log.
std::string one_line(std::string_view text)
{
    constexpr std::size_t longest = 200;
    std::string line{text.substr(0, longest)};
    std::replace_if(
        line.begin(), line.end(), [](unsigned char each) { return each < ' ' || each >= 0x7f; }, '?');
    return line;
}

// `reply` is no success. Of a server that knows no AUTH the error would quote the arguments: so nothing is
// said but its first word.
std::string login_problem(const redis_reply& reply)
{
    if (reply.is_error("WRONGPASS")) return "wrong user or password (WRONGPASS)";
    const std::string code = one_line(reply.text.substr(0, reply.text.find(' ')));
    return "AUTH is refused (" + code + "): is a password set there for this user?";
}

std::string greeting_problem(const redis_command& command, const redis_reply& reply)
{
    const bool is_ping = command.name() == "PING";
    // A user that may not PING has proved all the same that the server serves it.
    if (reply.is_status(is_ping ? "PONG" : "OK") || (is_ping && reply.is_error("NOPERM"))) return "";
    if (command.name() == "AUTH") return login_problem(reply);
    if (reply.is_error()) return one_line(reply.text);
    // Such as the command itself, of a socket that the kernel has connected to itself for want of a server.
    return "this is no Redis server: its answer makes no sense";
}

task<std::string> log_in(std::shared_ptr<redis_connection> connection, redis_login login)
{
    std::vector<redis_command> greeting;
    if (!login.password.empty()) {
        greeting.emplace_back("AUTH");
        if (!login.user.empty()) greeting.back().arg(login.user);
        greeting.back().arg(login.password);
    }
    if (login.database != 0) greeting.emplace_back("SELECT").arg(std::int64_t{login.database});
    greeting.emplace_back("PING");

    std::string bytes;
    for (const redis_command& command : greeting)
        command.append_to(bytes);
    auto sending = connection->send(std::move(bytes));
    error_code ec = co_await std::move(sending);
    if (ec) co_return ec.message();

    for (const redis_command& command : greeting) {
        redis_reply reply;
        auto outcome = connection->reader().next(reply);
        while (outcome == redis_reader::outcome::more) {
            ec = co_await connection->receive();
            if (ec) co_return ec.message();
            outcome = connection->reader().next(reply);
        }
        if (outcome == redis_reader::outcome::broken) {
            co_return "this is no Redis server: " + one_line(connection->reader().problem());
        }
        std::string problem = greeting_problem(command, reply);
        if (!problem.empty()) co_return problem;
    }
    co_return "";
}

struct resolution {
    std::vector<tcp::endpoint> endpoints{};
    std::string problem{};
};

task<resolution> resolve(redis_address address, deadline_pointer deadline)
{
    error_code ec;
    const auto literal = asio::ip::make_address(address.host, ec);
    if (!ec) co_return resolution{.endpoints = {tcp::endpoint{literal, address.port}}};

    const executor where = co_await asio::this_coro::executor;
    const auto resolver = std::make_shared<asio::ip::basic_resolver<tcp, executor>>(where);
    deadline->on_expiry([resolver] { resolver->cancel(); });
    const std::string port = std::to_string(address.port);
    const auto results =
        co_await resolver->async_resolve(address.host, port, asio::redirect_error(use_task, ec));
    resolution found;
    if (ec)
        found.problem = ec.message();
    else if (deadline->is_over())
        found.problem = "too late";
    for (const auto& entry : results)
        found.endpoints.push_back(entry.endpoint());
    co_return found;
}

// Template over what a socket lies in: the connection keeps its socket alive for as long as it is connecting.
template <class Stream>
task<std::string> connect_tcp(std::shared_ptr<redis_stream<Stream>> connection,
                              redis_address address,
                              deadline_pointer deadline)
{
    auto resolving = resolve(std::move(address), deadline);
    const resolution found = co_await std::move(resolving);
    if (!found.problem.empty()) co_return found.problem;

    deadline->on_expiry([connection] { connection->close(); });
    auto& socket = connection->stream().lowest_layer();
    error_code ec;
    co_await asio::async_connect(socket, found.endpoints, asio::redirect_error(use_task, ec));
    if (ec) co_return ec.message();
    socket.set_option(tcp::no_delay{true}, ec);
    if (!ec) socket.set_option(asio::socket_base::keep_alive{true}, ec);
    co_return ec ? ec.message() : "";
}

task<redis_opening> open_tcp(redis_address address, deadline_pointer deadline)
{
    const executor where = co_await asio::this_coro::executor;
    const auto connection = std::make_shared<redis_stream<redis_tcp_socket>>(redis_tcp_socket{where});
    auto connecting = connect_tcp(connection, std::move(address), std::move(deadline));
    std::string problem = co_await std::move(connecting);
    co_return redis_opening{connection, std::move(problem)};
}

task<redis_opening>
open_tls(redis_address address, std::shared_ptr<const redis_tls> tls, deadline_pointer deadline)
{
    const executor where = co_await asio::this_coro::executor;
    const auto connection = tls->make_stream(where, address.host);
    if (!connection) co_return redis_opening{nullptr, "no certificate can be asked to name this host"};
    auto connecting = connect_tcp(connection, std::move(address), std::move(deadline));
    std::string problem = co_await std::move(connecting);
    if (problem.empty()) {
        auto shaking = shake_hands(connection);
        problem = co_await std::move(shaking);
    }
    co_return redis_opening{connection, std::move(problem)};
}

task<redis_opening> open_local(redis_address address, deadline_pointer deadline)
{
    const executor where = co_await asio::this_coro::executor;
    const auto connection = std::make_shared<redis_stream<local_socket>>(local_socket{where});
    deadline->on_expiry([connection] { connection->close(); });
    const asio::local::stream_protocol::endpoint file{address.path};
    error_code ec;
    co_await connection->stream().async_connect(file, asio::redirect_error(use_task, ec));
    co_return redis_opening{connection, ec ? ec.message() : ""};
}

task<redis_opening>
open_transport(redis_address address, std::shared_ptr<const redis_tls> tls, deadline_pointer deadline)
{
    switch (address.via) {
    case redis_address::transport::tcp: return open_tcp(std::move(address), std::move(deadline));
    case redis_address::transport::tls:
        return open_tls(std::move(address), std::move(tls), std::move(deadline));
    case redis_address::transport::local: break;
    }
    return open_local(std::move(address), std::move(deadline));
}

} // namespace

task<redis_opening> open_redis_connection(redis_address address,
                                          redis_login login,
                                          std::shared_ptr<const redis_tls> tls,
                                          std::chrono::milliseconds patience)
{
    const executor where = co_await asio::this_coro::executor;
    const auto deadline = std::make_shared<opening_deadline>(where, patience);
    deadline->start();
    auto connecting = open_transport(address, std::move(tls), deadline);
    redis_opening opening = co_await std::move(connecting);
    if (opening.problem.empty()) {
        deadline->on_expiry([connection = opening.connection] { connection->close(); });
        auto greeting = log_in(opening.connection, std::move(login));
        opening.problem = co_await std::move(greeting);
    }
    deadline->stop();
    if (opening.problem.empty() && !deadline->is_over()) co_return opening;

    if (opening.connection) opening.connection->close();
    co_return redis_opening{nullptr, to_string(address) + ": " + deadline->reason(opening.problem)};
}

} // namespace latchkey
