// What the readers of Redis URLs share: of one server's, and of Sentinels' and a Cluster's.
#pragma once

#include "storage/open_error.hpp"

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace latchkey {

inline open_error redis_url_refusal(std::string text)
{
    return open_error{"the Redis URL " + std::move(text)};
}

// All of `text`, without sign or space.
inline std::optional<unsigned> number_up_to(unsigned most, std::string_view text) noexcept
{
    unsigned value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
    return value;
}

inline std::optional<unsigned> redis_database_in(std::string_view text) noexcept
{
    constexpr unsigned most = 1'000'000; // beyond any server's
    return number_up_to(most, text);
}

// Takes the part of `text` before `mark` away, with the mark; all of it if there is none.
inline std::string_view take_until(std::string_view& text, char mark) noexcept
{
    const std::string_view taken = text.substr(0, text.find(mark));
    text.remove_prefix(taken.size() == text.size() ? text.size() : taken.size() + 1);
    return taken;
}

} // namespace latchkey
