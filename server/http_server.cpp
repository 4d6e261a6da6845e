#include "server/http_server.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cassert>
#include <unistd.h>
#include <utility>
#include <variant>

namespace latchkey {
namespace {

// Bodies grow by doubling, so that one may take twice its length.
std::size_t share_of_buffers(const http_server_options& options) noexcept
{
    const std::size_t least = 2 * options.limits.body_bytes + 2 * options.limits.flush_bytes;
    return std::max(options.limits.buffer_bytes / options.shards, least);
}

} // namespace

http_server::http_server(http_server_options options) : options_(std::move(options))
{
    assert(options_.shards > 0 && options_.make_handler);
    for (std::size_t index = 0; index < options_.shards; ++index) {
        const std::size_t share = (options_.limits.connections + options_.shards - 1) / options_.shards;
        shard_metrics* const counts = options_.figures ? &options_.figures->of_shard(index) : nullptr;
        shards_.push_back(
            std::make_unique<shard>(shard::settings{.index = index,
                                                    .connections = share,
                                                    .buffer_bytes = share_of_buffers(options_),
                                                    .limits = options_.limits,
                                                    .make_handler = options_.make_handler,
                                                    .on_exception = options_.on_exception,
                                                    .tls = options_.tls,
                                                    .counts = counts,
                                                    .may_use_io_uring = options_.may_use_io_uring}));
    }
}

http_server::~http_server()
{
    begin_stop(stop_mode::at_once);
    join();
}

std::optional<listen_failure> http_server::start()
{
    for (const listen_address& address : options_.listen) {
        if (auto failure = open(address, door::clients)) return failure;
    }
    for (const listen_address& address : options_.admin_listen) {
        if (auto failure = open(address, door::operators)) return failure;
    }
    if (options_.on_bound) options_.on_bound(addresses_);
    for (const auto& one : shards_)
        one->start();
    for (const auto& one : shards_)
        one->await_start();
    return std::nullopt;
}

std::optional<listen_failure> http_server::open(const listen_address& address, door through)
{
    const auto* local = std::get_if<unix_path>(&address);
    const error_code why = local != nullptr ? open_unix(*local, through)
                                            : open_tcp(std::get<asio::ip::tcp::endpoint>(address), through);
    if (why) return listen_failure{.address = address, .why = why};
    return std::nullopt;
}

std::vector<listen_address>& http_server::bound_for(door through) noexcept
{
    return through == door::operators ? admin_addresses_ : addresses_;
}

error_code http_server::open_tcp(asio::ip::tcp::endpoint at, door through)
{
    if (const error_code taken = at.port() != 0 ? find_rival(at) : error_code{}) return taken;
    for (const auto& one : shards_) {
        auto socket = listen_tcp(at, options_.limits.backlog);
        if (!socket) return socket.error();
        const auto bound = bound_endpoint(*socket);
        if (!bound) return bound.error();
        at = *bound; // port 0: the first shard's port is everybody's
        auto adopt = [target = one.get()](unique_descriptor accepted, const peer_address& peer) {
            target->adopt(std::move(accepted), peer);
        };
        one->listen(std::move(*socket), through, std::move(adopt));
    }
    bound_for(through).emplace_back(at);
    return {};
}

// Socket files know no SO_REUSEPORT: the first shard accepts and deals.
error_code http_server::open_unix(const unix_path& at, door through)
{
    auto socket = listen_unix(at, options_.limits.backlog);
    if (!socket) return socket.error();
    auto dealt = [this](unique_descriptor accepted, const peer_address& peer) {
        deal(std::move(accepted), peer);
    };
    shards_.front()->listen(std::move(*socket), through, std::move(dealt));
    bound_for(through).emplace_back(at);
    return {};
}

void http_server::deal(unique_descriptor socket, const peer_address& peer)
{
    shard& target = *shards_[next_dealt_++ % shards_.size()];
    auto adopt = [&target, peer, accepted = std::move(socket)]() mutable {
        target.adopt(std::move(accepted), peer);
    };
    asio::post(target.context(), std::move(adopt));
}

bool http_server::uses_io_uring() const noexcept
{
    return std::ranges::all_of(shards_, [](const auto& one) { return one->uses_io_uring(); });
}

std::vector<executor> http_server::executors() const
{
    std::vector<executor> all;
    for (const auto& one : shards_)
        all.push_back(one->context().get_executor());
    return all;
}

void http_server::use_tls(const std::shared_ptr<const tls_identity>& identity)
{
    for (const auto& one : shards_)
        one->use_tls(identity);
}

void http_server::begin_stop(stop_mode mode)
{
    for (const auto& one : shards_)
        one->begin_stop(mode);
}

void http_server::join()
{
    for (const auto& one : shards_)
        one->join();
    for (const door through : {door::clients, door::operators}) {
        for (const listen_address& address : std::exchange(bound_for(through), {})) {
            if (const auto* local = std::get_if<unix_path>(&address)) ::unlink(local->path.c_str());
        }
    }
}

} // namespace latchkey
