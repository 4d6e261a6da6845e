// One command for a Redis server: a name and arguments, which are bytes and may hold NUL and CRLF. A value
// without any I/O; hiredis encodes it, as late as when it joins the bytes that are about to leave.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// Whether a command may be sent again after the connection it went out on was lost with the answer.
enum class redis_effect : std::uint8_t {
    read,       // changes nothing
    idempotent, // twice does what once does
    once,       // never sent again when its fate is unknown
};

class redis_command {
public:
    explicit redis_command(std::string_view name);

    // An argument that is a key. The first one decides the Cluster slot.
    redis_command& key(std::string_view name);

    redis_command& arg(std::string_view bytes);
    redis_command& arg(std::int64_t number);

    // The first key; empty: the command may go to any server.
    std::string_view slot_key() const noexcept;

    std::string_view name() const noexcept { return argument(0); }
    std::size_t size() const noexcept { return ends_.size(); } // the name included
    std::string_view argument(std::size_t index) const noexcept;

    // Appends the command as RESP. Throws std::bad_alloc, and nothing else.
    void append_to(std::string& out) const;

private:
    void add(std::string_view bytes);

    static constexpr std::size_t usual_arguments = 12;

    std::string bytes_; // all arguments, one behind the other
    std::vector<std::size_t> ends_;
    std::size_t first_key_ = 0; // 0, which is the name: none
};

} // namespace latchkey
