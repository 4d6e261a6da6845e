// How far the stream of audit entries has been read, and what of it goes into the index. Without any I/O:
// says what to ask Redis, and takes the answer. Answers may come twice, and in any order, since each
// io_context asks by itself. Owned by redis_audit_stream; every function may be called from every thread.
#pragma once

#include "storage/audit_file.hpp"
#include "storage/redis_command.hpp"
#include "storage/redis_reply.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace latchkey {

class redis_audit_follower {
public:
    // `own` is what this process signs its entries with: those are in its file already. `into` outlives it.
    redis_audit_follower(audit_file& into, std::string own) : into_{into}, own_{std::move(own)} {}

    struct question {
        redis_command command;
        std::uint64_t reading = 0; // which one, counted from the stream's beginning
        redis_reply after;         // the entry that the answer must begin with; nil: any
    };

    enum class progress {
        more,    // ask again
        reached, // all that was in the stream when it answered has been read
        useless, // not what Redis answers to such a question
    };

    question next() const;
    progress take(const question& asked, const redis_reply& answer);

    // Entries that could not be read, ever.
    std::uint64_t unreadable() const;

    // What is asked for at a time.
    static constexpr std::size_t batch = 200;

private:
    using place = std::pair<std::uint64_t, std::uint64_t>; // milliseconds and a number, as Redis counts them

    static std::optional<place> place_of(const redis_reply& entry);
    void begin_anew();
    bool take_entry(const redis_reply& entry);

    audit_file& into_;
    const std::string own_;

    mutable std::mutex mutex_; // guards what follows
    std::uint64_t reading_ = 0;
    redis_reply last_; // the entry read last; nil: none
    place last_place_{};
    std::uint64_t unreadable_ = 0;
};

} // namespace latchkey
