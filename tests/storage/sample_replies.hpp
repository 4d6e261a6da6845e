// Replies of Redis as values.
#pragma once

#include "storage/redis_reply.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace latchkey::test {

inline redis_reply text_reply(std::string_view bytes, redis_reply::kind what = redis_reply::kind::text)
{
    return {.what = what, .integer = 0, .text = std::string{bytes}, .items = {}};
}

inline redis_reply status_reply(std::string_view word)
{
    return text_reply(word, redis_reply::kind::status);
}

inline redis_reply error_reply(std::string_view words)
{
    return text_reply(words, redis_reply::kind::error);
}

inline redis_reply number_reply(std::int64_t number)
{
    return {.what = redis_reply::kind::integer, .integer = number, .text = {}, .items = {}};
}

inline redis_reply array_reply(std::vector<redis_reply> items)
{
    return {.what = redis_reply::kind::array, .integer = 0, .text = {}, .items = std::move(items)};
}

} // namespace latchkey::test
