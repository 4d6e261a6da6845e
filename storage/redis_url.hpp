// What the readers of Redis URLs share: of one server's, and of Sentinels' and a Cluster's.
#pragma once

#include "storage/open_error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace latchkey {

inline constexpr unsigned most_redis_databases =
    1'000'000; // beyond any server's; keeps the number an unsigned

inline open_error redis_url_refusal(std::string text)
{
    return open_error{"the Redis URL " + std::move(text)};
}

// Takes the part of `text` before `mark` away, with the mark; all of it if there is none.
inline std::string_view take_until(std::string_view& text, char mark) noexcept
{
    const std::string_view taken = text.substr(0, text.find(mark));
    text.remove_prefix(taken.size() == text.size() ? text.size() : taken.size() + 1);
    return taken;
}

} // namespace latchkey
