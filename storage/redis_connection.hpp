// The bytes between this process and one Redis server: TCP, TLS or a socket file, opened and logged in. Knows
// nothing of commands and replies beyond the login. One thread, its io_context's, uses a connection.
#pragma once

#include "storage/redis_endpoint.hpp"
#include "storage/redis_reader.hpp"
#include "storage/task.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

namespace latchkey {

using redis_timer = asio::
    basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor>;

class redis_connection;
class redis_tls; // storage/redis_connection_tls.hpp

class redis_write_observer {
public:
    virtual ~redis_write_observer() = default;

    // Everything given to redis_connection::write has left, or never will. Called on the context's thread.
    virtual void on_written(const redis_connection& on, error_code ec) = 0;
};

class redis_connection : public std::enable_shared_from_this<redis_connection> {
public:
    redis_connection() = default;
    redis_connection(const redis_connection&) = delete;
    redis_connection& operator=(const redis_connection&) = delete;
    virtual ~redis_connection() = default;

    // Sends all of it, and tells the observer, which stays alive until then. At most one write at a time.
    // Takes the bytes by swapping: `bytes` is empty afterwards, with room from an earlier write.
    virtual void write(std::string& bytes, std::shared_ptr<redis_write_observer> observer) = 0;

    // As `write`, for a coroutine.
    virtual task<error_code> send(std::string bytes) = 0;

    // Feeds the reader what is there, or what comes next. At most one read at a time.
    virtual task<error_code> receive() = 0;

    // Ends what is under way with an error. May be called twice.
    virtual void close() noexcept = 0;

    redis_reader& reader() noexcept { return reader_; }

protected:
    static constexpr std::size_t input_size = 32 * 1024;
    static constexpr std::size_t largest_kept_output = 1024 * 1024;

    redis_reader reader_;
    std::string output_; // what is being written
    std::unique_ptr<char[]> input_ = std::make_unique<char[]>(input_size);
};

// What opening came to: a connection, or why there is none, in one line without credentials.
struct redis_opening {
    std::shared_ptr<redis_connection> connection;
    std::string problem;
};

// Connects, proves itself by AUTH where there is a password, selects the database, and sees a PING answered:
// a server that only accepts connections (stopped, loading its data) is not open. All within `patience`,
// except that the system's name look-up cannot be cut short. `tls`: needed for transport::tls, and kept.
task<redis_opening> open_redis_connection(redis_address address,
                                          redis_login login,
                                          std::shared_ptr<const redis_tls> tls,
                                          std::chrono::milliseconds patience);

} // namespace latchkey
