#include "storage/redis_reader.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <new>
#include <utility>

namespace latchkey {
namespace {

// More than any reply here has: all keys of one owner are in one array.
constexpr std::size_t most_elements = std::size_t{1} << 23;

// What hiredis calls to have a reply made, so that it makes no redisReply first (./dev bench create). Parts
// come in the order in which they stand, and an array grows only at its end, so that those around the one
// that is being made stay where they are. Null, which hiredis takes for being out of memory, ends the reader.

// The part that belongs there: the next one of an array that has begun, or the whole, which is the reader's.
redis_reply& part_at(const redisReadTask& place)
{
    if (place.parent != nullptr) return static_cast<redis_reply*>(place.parent->obj)->items.emplace_back();
    auto& whole = *static_cast<redis_reply*>(place.privdata);
    whole = redis_reply{};
    return whole;
}

template <class Fill>
void* made_at(const redisReadTask* place, Fill fill) noexcept
{
    try {
        redis_reply& part = part_at(*place);
        fill(part);
        return &part;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* create_text(const redisReadTask* place, char* bytes, std::size_t size)
{
    using kind = redis_reply::kind;
    kind what = kind::text;
    switch (place->type) {
    case REDIS_REPLY_STRING: break;
    case REDIS_REPLY_STATUS: what = kind::status; break;
    case REDIS_REPLY_ERROR: what = kind::error; break;
    default: return nullptr; // of RESP3, which hiredis 1.x reads but nobody asked the server for
    }
    return made_at(place, [&](redis_reply& part) {
        part.what = what;
        part.text.assign(bytes, size);
    });
}

// `Size` is hiredis' own choice: int in 0.14, size_t in 1.x.
template <class Size>
void* create_array(const redisReadTask* place, Size elements)
{
    if (place->type != REDIS_REPLY_ARRAY || static_cast<std::size_t>(elements) > most_elements)
        return nullptr;
    constexpr std::size_t most_reserved = 64; // what a server says of more is believed when they come
    return made_at(place, [&](redis_reply& part) {
        part.what = redis_reply::kind::array;
        part.items.reserve(std::min(static_cast<std::size_t>(elements), most_reserved));
    });
}

void* create_integer(const redisReadTask* place, long long value)
{
    return made_at(place, [&](redis_reply& part) {
        part.what = redis_reply::kind::integer;
        part.integer = value;
    });
}

void* create_nil(const redisReadTask* place)
{
    return made_at(place, [](redis_reply&) {});
}

template <class Functions>
Functions making_replies()
{
    Functions made{};
    made.createString = create_text;
    made.createArray = create_array;
    made.createInteger = create_integer;
    made.createNil = create_nil;
    made.freeObject = [](void*) {}; // the reader owns what is made
    if constexpr (requires { made.createDouble; })
        made.createDouble = [](const redisReadTask*, double, char*, std::size_t) -> void* { return nullptr; };
    if constexpr (requires { made.createBool; })
        made.createBool = [](const redisReadTask*, int) -> void* { return nullptr; };
    return made;
}

redisReplyObjectFunctions functions = making_replies<redisReplyObjectFunctions>();

} // namespace

redis_reader::redis_reader()
    : reader_{redisReaderCreateWithFunctions(&functions)},
      made_{std::make_unique<redis_reply>()}
{
    if (!reader_) throw std::bad_alloc{};
    reader_->privdata = made_.get();
}

void redis_reader::feed(std::string_view bytes)
{
    // An error is kept in the reader, and `next` tells it.
    (void)redisReaderFeed(reader_.get(), bytes.data(), bytes.size());
}

redis_reader::outcome redis_reader::next(redis_reply& into)
{
    void* whole = nullptr;
    if (redisReaderGetReply(reader_.get(), &whole) != REDIS_OK) return outcome::broken;
    if (whole == nullptr) return outcome::more;
    into = std::move(*made_);
    return outcome::reply;
}

std::string_view redis_reader::problem() const noexcept
{
    return reader_->errstr;
}

void redis_reader::closer::operator()(redisReader* reader) const noexcept
{
    redisReaderFree(reader);
}

} // namespace latchkey
