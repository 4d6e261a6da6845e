// Memory that clients make a shard hold for them: bodies that are not whole yet, and answers that are not
// read. Without a bound ten thousand of them would be given 4 MiB each. Requests that fit into the buffer of
// their connection, and answers that the socket takes at once, are no concern of it. On the shard's thread
// only.
#pragma once

#include "server/shard_metrics.hpp"

#include <cstddef>

namespace latchkey {

class buffer_budget {
public:
    // `counts` may be null.
    explicit buffer_budget(std::size_t bytes, shard_metrics* counts = nullptr) noexcept
        : bytes_{bytes},
          counts_{counts}
    {}

    // What one connection holds. Ends before the budget does.
    class share {
    public:
        explicit share(buffer_budget& from) noexcept : from_{from} {}
        ~share() { keep(0); }
        share(const share&) = delete;
        share& operator=(const share&) = delete;

        // From now on it holds so many. False: there is no room for them, and it holds what it did.
        [[nodiscard]] bool hold(std::size_t bytes) noexcept
        {
            if (bytes == held_) return true;
            if (bytes > held_ && bytes - held_ > from_.bytes_ - from_.held_) {
                if (from_.counts_ != nullptr) from_.counts_->buffers_refused.add();
                return false;
            }
            set(bytes);
            return true;
        }

        // No more than it holds already.
        void keep(std::size_t bytes) noexcept
        {
            if (bytes < held_) set(bytes);
        }

        std::size_t held() const noexcept { return held_; }

    private:
        void set(std::size_t bytes) noexcept
        {
            from_.held_ += bytes - held_; // modulo, where it becomes less
            held_ = bytes;
            if (from_.counts_ != nullptr) from_.counts_->buffered_bytes.set(from_.held_);
        }

        buffer_budget& from_;
        std::size_t held_ = 0;
    };

    std::size_t held() const noexcept { return held_; }

private:
    const std::size_t bytes_;
    shard_metrics* const counts_;
    std::size_t held_ = 0; // at most bytes_
};

} // namespace latchkey
