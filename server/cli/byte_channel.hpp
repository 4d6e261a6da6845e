// The bytes between a command and the server: one connection, used by one thread, each step within a
// deadline. What is under it (TCP, a socket file, TLS) is the opener's business.
#pragma once

#include "server/cli/command_line.hpp"
#include "storage/error.hpp"
#include "storage/task.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey::cli {

inline constexpr std::chrono::seconds channel_patience{30};

class byte_channel {
public:
    byte_channel() = default;
    byte_channel(const byte_channel&) = delete;
    byte_channel& operator=(const byte_channel&) = delete;
    virtual ~byte_channel() = default;

    virtual error_code send(std::string_view bytes) = 0;

    // 0 and no error: the server has ended the connection.
    virtual std::pair<std::size_t, error_code> receive(std::span<char> into) = 0;
};

using plain_socket = asio::generic::stream_protocol::socket;

// Runs what `start(handler)` begins to its end; at the deadline `give_up` must make it end.
template <class Start, class GiveUp>
std::pair<std::size_t, error_code> run_step(asio::io_context& context, Start start, GiveUp give_up)
{
    bool is_done = false;
    std::pair<std::size_t, error_code> ended{};
    auto handler = [&](const error_code& ec, std::size_t count = 0) {
        is_done = true;
        ended = {count, ec};
    };
    start(handler);
    context.restart();
    context.run_for(channel_patience);
    if (is_done) return ended;
    give_up();
    context.restart();
    context.run();
    return {0, boost::system::errc::make_error_code(boost::system::errc::timed_out)};
}

template <class Stream>
class stream_channel final : public byte_channel {
public:
    // `context` is what the stream runs on.
    stream_channel(std::shared_ptr<asio::io_context> context, Stream stream)
        : context_{std::move(context)},
          stream_{std::move(stream)}
    {}

    error_code send(std::string_view bytes) override
    {
        auto start = [&](auto handler) { asio::async_write(stream_, asio::buffer(bytes), handler); };
        return run_step(*context_, start, [this] { close(); }).second;
    }

    std::pair<std::size_t, error_code> receive(std::span<char> into) override
    {
        auto start = [&](auto handler) {
            stream_.async_read_some(asio::buffer(into.data(), into.size()), handler);
        };
        return run_step(*context_, start, [this] { close(); });
    }

private:
    void close()
    {
        error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

    std::shared_ptr<asio::io_context> context_;
    Stream stream_;
};

} // namespace latchkey::cli
