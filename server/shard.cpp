#include "server/shard.hpp"

#include "auth/crypto.hpp"
#include "server/protocol_error.hpp"
#include "storage/named_thread.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <sys/socket.h>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t connections_for_operators = 16;

} // namespace

shard::shard(settings given)
    : settings_(std::move(given)),
      buffers_(settings_.buffer_bytes, settings_.counts),
      sockets_(context_.get_executor(), ring_),
      sweeper_(context_.get_executor())
{}

// Out of memory while stopping may end the process: nothing is left to save by then.
// NOLINTNEXTLINE(bugprone-exception-escape)
shard::~shard()
{
    if (thread_.joinable()) {
        begin_stop(stop_mode::at_once);
        join();
    }
    for (const auto& one : listeners_)
        one->close();
    context_.abandon_handlers();
}

void shard::listen(unique_descriptor socket, door through, listener::receiver receive)
{
    listeners_.push_back(
        std::make_shared<listener>(context_.get_executor(), std::move(socket), through, std::move(receive)));
}

void shard::start()
{
    thread_ = named_thread("shard", [this] { work(); });
}

void shard::await_start()
{
    started_.get_future().wait();
    if (!start_failure_) return;
    join();
    std::rethrow_exception(std::exchange(start_failure_, nullptr));
}

void shard::work()
{
    try {
        handler_ = settings_.make_handler(context_, settings_.index);
    } catch (...) {
        start_failure_ = std::current_exception();
    }
    if (start_failure_) {
        started_.set_value();
        return;
    }
    uses_io_uring_ = settings_.may_use_io_uring && ring_.open();
    host_.emplace(session_host{.where = context_.get_executor(),
                               .sockets = sockets_,
                               .ring = ring_,
                               .limits = settings_.limits,
                               .buffers = buffers_,
                               .handler = *handler_,
                               .on_exception = settings_.on_exception,
                               .tls = settings_.tls,
                               .now = std::chrono::steady_clock::now()});
    for (const auto& one : listeners_) {
        auto accepting = listener::run(one);
        asio::co_spawn(context_, std::move(accepting), rethrow);
    }
    auto watching = readiness::run(sockets_);
    asio::co_spawn(context_, std::move(watching), rethrow);
    auto sweeping = sweep_regularly(*this);
    asio::co_spawn(context_, std::move(sweeping), rethrow);
    started_.set_value();
    const auto work = asio::make_work_guard(context_);
    context_.run();
    ring_.close();
}

void shard::adopt(unique_descriptor accepted, const peer_address& peer)
{
    if (host_->draining) return;
    const std::size_t kept_free = peer.through == door::operators ? connections_for_operators : 0;
    if (session_count_ >= settings_.connections + kept_free) {
        if (settings_.counts != nullptr) settings_.counts->connections_refused.add();
        if (!speaks_tls(peer, *host_)) refuse_connection(accepted); // a handshake would cost what it lacks
        return;
    }
    auto added = std::make_shared<session>(std::move(accepted), *host_, peer);
    if (!added->begin()) return; // closing is all one can do
    sessions_.push_back(*added);
    auto running = session::run(std::move(added));
    auto ended = [this](std::exception_ptr thrown) { end_session(thrown); };
    asio::co_spawn(context_, std::move(running), std::move(ended)); // nothing of it runs before we return
    ++session_count_;
    if (settings_.counts != nullptr) settings_.counts->connections_accepted.add();
    count_open();
}

// Best effort by nature: a client that is still sending may see a reset instead.
void shard::refuse_connection(const unique_descriptor& accepted)
{
    request nothing;
    nothing.id = random_uuid();
    output_buffer out;
    append_response(out, nothing, to_response(protocol_error::too_many_connections), false);
    (void)send(accepted.number(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    shutdown(accepted.number(), SHUT_WR);
}

void shard::end_session(std::exception_ptr thrown)
{
    --session_count_;
    count_open();
    if (thrown && settings_.on_exception) settings_.on_exception(request{}, thrown);
    end_if_done();
}

void shard::count_open() const noexcept
{
    if (settings_.counts != nullptr) settings_.counts->connections_open.set(session_count_);
}

void shard::use_tls(std::shared_ptr<const tls_identity> identity)
{
    asio::post(context_, [this, taken = std::move(identity)]() mutable { host_->tls = std::move(taken); });
}

void shard::begin_stop(stop_mode mode)
{
    asio::post(context_, [this, mode] { stop(mode); });
}

void shard::stop(stop_mode mode)
{
    const steady_time now = std::chrono::steady_clock::now();
    host_->draining = true;
    for (const auto& one : listeners_)
        one->close();
    if (mode == stop_mode::at_once) {
        close_sessions();
        if (!abandon_after_) abandon_after_ = now + settings_.limits.abandon;
    } else if (!drain_until_) {
        drain_until_ = now + settings_.limits.stop;
        for (session& one : sessions_)
            one.close_if_idle();
    }
    end_if_done();
}

void shard::close_sessions()
{
    for (session& one : sessions_)
        one.close();
}

void shard::end_if_done()
{
    if (host_->draining && session_count_ == 0) context_.stop();
}

task<void> shard::sweep_regularly(shard& self)
{
    while (true) {
        self.sweeper_.expires_after(self.settings_.limits.sweep_interval);
        auto tick = self.sweeper_.async_wait(asio::as_tuple(asio::deferred));
        const auto waited = co_await std::move(tick);
        if (std::get<0>(waited)) co_return;
        self.sweep(std::chrono::steady_clock::now());
    }
}

void shard::sweep(steady_time now)
{
    host_->now = now;
    for (session& one : sessions_)
        one.sweep(now);
    if (drain_until_ && now >= *drain_until_ && !abandon_after_) {
        close_sessions();
        abandon_after_ = now + settings_.limits.abandon;
    }
    if (abandon_after_ && now >= *abandon_after_) context_.stop();
}

void shard::join()
{
    if (thread_.joinable()) thread_.join();
}

} // namespace latchkey
