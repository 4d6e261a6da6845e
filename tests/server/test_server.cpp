#include "tests/server/test_server.hpp"

#include "server/body_rest.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <new>
#include <stdexcept>

namespace latchkey::test {
namespace {

using short_timer = asio::
    basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

class pieces final : public body_rest {
public:
    pieces(int count, bool is_torn) : left_{count}, is_torn_{is_torn} {}

    task<result<std::string>> next() override
    {
        if (left_ == 0 && is_torn_) co_return storage_errc::unavailable;
        if (left_ == 0) co_return std::string{};
        co_return "piece " + std::to_string(left_--) + " ";
    }

private:
    int left_;
    const bool is_torn_;
};

} // namespace

std::vector<std::string> test_log::seen()
{
    const std::lock_guard lock{mutex};
    return targets;
}

std::vector<std::string> test_log::thrown()
{
    const std::lock_guard lock{mutex};
    return exceptions;
}

head_verdict test_handler::answer_from_head(const request& asked, output_buffer& out, bool keep_alive)
{
    {
        const std::lock_guard lock{log_.mutex};
        log_.targets.emplace_back(asked.target);
    }
    if (asked.path == "/fast") {
        response answer;
        answer.body = asked.target;
        append_response(out, asked, answer, keep_alive);
        return head_verdict::answered;
    }
    if (asked.path == "/throw-early") {
        out.append("half an answer");
        throw std::runtime_error{"thrown early"};
    }
    if (asked.path == "/early" && asked.awaits_body) return head_verdict::ignores_body;
    return asked.path == "/ignore" ? head_verdict::ignores_body : head_verdict::wants_body;
}

task<response> test_handler::answer(const request& asked)
{
    response made;
    if (asked.path == "/starve") throw std::bad_alloc{};
    if (asked.path == "/throw") throw std::runtime_error{"thrown"};
    if (asked.path == "/yield") co_await asio::post(context_, use_task);
    if (asked.path == "/gate") {
        ++log_.waiting;
        short_timer pause{context_.get_executor()};
        while (!log_.gate_open) {
            pause.expires_after(std::chrono::milliseconds{2});
            co_await pause.async_wait(use_task);
        }
        --log_.waiting;
    }
    if (asked.path == "/empty") made.status = 204;
    if (asked.path == "/close") made.close = true;
    if (asked.path == "/pieces" || asked.path == "/torn") {
        made.body = "first ";
        made.rest = std::make_shared<pieces>(std::stoi(std::string{asked.query}), asked.path == "/torn");
        co_return made;
    }
    if (asked.path == "/large") made.body.assign(std::stoul(std::string{asked.query}), 'x');
    if (made.body.empty()) made.body = asked.body.empty() ? asked.target : asked.body;
    if (made.status == 204) made.body.clear();
    co_return made;
}

http_server_options test_server::make_options(const test_server_options& options, test_log& log)
{
    http_server_options made;
    made.listen.emplace_back(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
    if (!options.socket_path.empty()) made.listen.emplace_back(unix_path{options.socket_path});
    if (options.has_admin_door)
        made.admin_listen.emplace_back(asio::ip::tcp::endpoint{asio::ip::address_v4::loopback(), 0});
    made.tls = options.tls;
    made.shards = options.shards;
    made.limits = options.limits;
    made.figures = options.figures;
    made.may_use_io_uring = options.may_use_io_uring;
    made.make_handler = [&log](asio::io_context& context, std::size_t) {
        return std::make_unique<test_handler>(context, log);
    };
    made.on_exception = [&log](const request&, std::exception_ptr thrown) {
        const std::lock_guard lock{log.mutex};
        try {
            std::rethrow_exception(thrown);
        } catch (const std::exception& what) {
            log.exceptions.emplace_back(what.what());
        }
    };
    return made;
}

test_server::test_server(const test_server_options& options) : server_(make_options(options, log_))
{
    const auto failure = server_.start();
    if (failure) throw std::runtime_error{to_string(failure->address) + ": " + failure->why.message()};
}

void test_server::wait_for_handlers(int count)
{
    if (!becomes_true([&] { return log_.waiting == count; })) throw std::runtime_error{"no handler waits"};
}

http_limits impatient_limits()
{
    using std::chrono::milliseconds;
    http_limits limits;
    limits.idle = milliseconds{500};
    limits.head = milliseconds{300};
    limits.body = milliseconds{300};
    limits.write = milliseconds{800};
    limits.linger = milliseconds{400};
    limits.sweep_interval = milliseconds{20};
    return limits;
}

} // namespace latchkey::test
