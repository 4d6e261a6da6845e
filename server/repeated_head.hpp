// Who verifies for a living sends the same head again and again, but for the token in it. So a connection
// remembers the last head: where the next one has the same bytes around its token, the parser would come
// to the same result, and need not be asked. Saves a third of the user time of a pipelined verification
// (./dev bench verify). Owned by a session.
#pragma once

#include "server/request.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace latchkey {

class repeated_head {
public:
    // `parsed` is what the parser made of `head`, all of it views into it, and no body follows: they become
    // views into the copy that is kept here. Heads over max_size are not worth the memory.
    void remember(std::string_view head, request& parsed) noexcept;

    // `parsed` is no longer what was remembered.
    void forget() noexcept { size_ = 0; }

    // Whether `bytes` begin with a head that parses as the remembered one. If so, the views of the request
    // that it was remembered with are right for this one: where they see a token, it is this one's.
    bool repeats_in(std::string_view bytes) noexcept;

    // Where the token of a head like the remembered one is that begins at the front of `bytes`, whatever is
    // there. Empty: it has none, or has not arrived.
    std::string_view token_in(std::string_view bytes) const noexcept
    {
        if (size_ == 0 || bytes.size() < token_at_ + token_size_) return {};
        return bytes.substr(token_at_, token_size_);
    }

    // The request whose head `bytes` begin with, if it is like the remembered one, of which `parsed` is: with
    // views into `bytes`, and with the id of `parsed`.
    std::optional<request> request_in(std::string_view bytes, const request& parsed) const noexcept;

    std::size_t size() const noexcept { return size_; } // of the remembered head

private:
    static constexpr std::size_t max_size = 512;

    bool equals(std::string_view bytes) const noexcept;

    std::size_t size_ = 0; // 0: nothing remembered
    std::size_t token_at_ = 0;
    std::size_t token_size_ = 0;
    std::array<char, max_size> text_;
};

} // namespace latchkey
