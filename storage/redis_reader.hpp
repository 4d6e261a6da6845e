// Turns the bytes that a Redis server sends into replies; does no I/O. hiredis parses. One belongs to each
// connection and to its thread, and is of no use any more once the bytes made no sense.
#pragma once

#include "storage/redis_reply.hpp"

#include <memory>
#include <string_view>

struct redisReader; // hiredis

namespace latchkey {

class redis_reader {
public:
    enum class outcome {
        reply,  // there was a whole one
        more,   // the next reply is not here yet: feed
        broken, // what came is no RESP2, nested deeper than hiredis reads, or more than memory holds; final
    };

    redis_reader();

    // Copies the bytes. Replies may be cut anywhere.
    void feed(std::string_view bytes);

    // Sets `into` for outcome::reply only.
    outcome next(redis_reply& into);

    // What hiredis says of broken bytes, in one line.
    std::string_view problem() const noexcept;

private:
    struct closer {
        void operator()(redisReader* reader) const noexcept;
    };

    std::unique_ptr<redisReader, closer> reader_;
    std::unique_ptr<redis_reply> made_; // the reply that is being read, as far as it has come
};

} // namespace latchkey
