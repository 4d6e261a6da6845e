// Buffers for the answers of the sessions that have their turn, the one used last first: it is still in the
// processor's cache, where one for each connection would not be, and an idle connection holds none.
#pragma once

#include "server/response.hpp"
#include "server/socket_ring.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace latchkey {

class spare_outputs {
public:
    // Nothing for one that is in use or has memory, or where there is none to spare.
    void lend(output_buffer& to) noexcept
    {
        if (to.empty() && !has_memory(to) && count_ != 0) to = std::move(kept_[--count_]);
    }

    // Its content goes. It is left as it is where there are as many as can be in use at one time.
    void take_back(output_buffer& from) noexcept
    {
        if (!has_memory(from) || count_ == kept_.size()) return;
        from.clear();
        kept_[count_++] = std::exchange(from, {});
    }

private:
    static bool has_memory(const output_buffer& some) noexcept
    {
        return some.capacity() > output_buffer{}.capacity();
    }

    std::array<output_buffer, socket_ring::most> kept_;
    std::size_t count_ = 0;
};

} // namespace latchkey
