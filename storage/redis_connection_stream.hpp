// redis_connection over any stream of Asio's. For redis_connection*.cpp only.
#pragma once

#include "storage/redis_connection.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <utility>

namespace latchkey {

using redis_tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;

template <class Stream>
class redis_stream final : public redis_connection {
public:
    explicit redis_stream(Stream stream) : stream_{std::move(stream)} {}

    Stream& stream() noexcept { return stream_; }

    void write(std::string& bytes, std::shared_ptr<redis_write_observer> observer) override
    {
        output_.clear();
        if (output_.capacity() > largest_kept_output) output_.shrink_to_fit();
        output_.swap(bytes);
        // The stream must live until its operation has ended, also when the link has let go of it.
        auto written = [self = shared_from_this(), observer = std::move(observer)](
                           error_code ec, std::size_t) { observer->on_written(*self, ec); };
        asio::async_write(stream_, asio::buffer(output_), std::move(written));
    }

    task<error_code> send(std::string bytes) override
    {
        const auto self = shared_from_this();
        error_code ec;
        co_await asio::async_write(stream_, asio::buffer(bytes), asio::redirect_error(use_task, ec));
        co_return ec;
    }

    task<error_code> receive() override
    {
        const auto self = shared_from_this();
        error_code ec;
        const std::size_t count = co_await stream_.async_read_some(asio::buffer(input_.get(), input_size),
                                                                   asio::redirect_error(use_task, ec));
        reader_.feed({input_.get(), count});
        co_return ec;
    }

    void close() noexcept override
    {
        error_code ignored; // the descriptor is gone in any case
        stream_.lowest_layer().close(ignored);
    }

private:
    Stream stream_;
};

} // namespace latchkey
