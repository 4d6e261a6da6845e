// One command for a Redis server: a name and arguments, which are bytes and may hold NUL and CRLF. A value
// without any I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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

// A list of texts in one piece of memory, as it goes to Redis: RESP bulk strings, but for the end of the line
// of the last one.
class redis_words {
public:
    void add(std::string_view bytes);
    void add(std::int64_t number);

    // Room for that many from the start.
    void reserve(std::size_t words, std::size_t bytes);

    std::size_t size() const noexcept { return places_.size(); }
    std::string_view at(std::size_t index) const noexcept;

    std::string_view encoded() const noexcept { return encoded_; }

private:
    struct place {
        std::size_t begin = 0;
        std::size_t size = 0;
    };

    std::string encoded_; // one behind the other
    std::vector<place> places_;
};

class redis_command {
public:
    explicit redis_command(std::string_view name);

    // An argument that is a key. The first one decides the Cluster slot.
    redis_command& key(std::string_view name);

    redis_command& arg(std::string_view bytes);
    redis_command& arg(std::int64_t number);

    // The last ones, which are not copied. With keys: the first one is one.
    redis_command& args(std::shared_ptr<const redis_words> words);
    redis_command& keys_and_args(std::shared_ptr<const redis_words> words);

    // The first key; empty: the command may go to any server.
    std::string_view slot_key() const noexcept;

    std::string_view name() const noexcept { return argument(0); }
    std::size_t size() const noexcept { return words_.size() + (last_ ? last_->size() : 0); } // with the name
    std::string_view argument(std::size_t index) const noexcept
    {
        return index < words_.size() ? words_.at(index) : last_->at(index - words_.size());
    }

    // Appends the command as Redis reads it: a RESP array of its words.
    void append_to(std::string& out) const;

private:
    redis_words words_;
    std::shared_ptr<const redis_words> last_; // null: none
    std::size_t first_key_ = 0;               // 0, which is the name: none
};

} // namespace latchkey
