#include "storage/redis_reader.hpp"

#include <hiredis/hiredis.h>

#include <new>

namespace latchkey {
namespace {

struct reply_closer {
    void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

// False for types of RESP3, which hiredis 1.x reads but nobody asked the server for. Recursion ends where
// hiredis refuses to nest, at nine levels at most.
bool convert(const redisReply& from, redis_reply& to)
{
    using kind = redis_reply::kind;
    to.integer = 0;
    to.text.clear();
    to.items.clear();
    switch (from.type) {
    case REDIS_REPLY_NIL: to.what = kind::nil; return true;
    case REDIS_REPLY_INTEGER:
        to.what = kind::integer;
        to.integer = from.integer;
        return true;
    case REDIS_REPLY_STRING: to.what = kind::text; break;
    case REDIS_REPLY_STATUS: to.what = kind::status; break;
    case REDIS_REPLY_ERROR: to.what = kind::error; break;
    case REDIS_REPLY_ARRAY:
        to.what = kind::array;
        to.items.resize(from.elements);
        for (std::size_t index = 0; index < from.elements; ++index) {
            if (!convert(*from.element[index], to.items[index])) return false;
        }
        return true;
    default: return false;
    }
    to.text.assign(from.str, static_cast<std::size_t>(from.len));
    return true;
}

// More than any reply here has: all keys of one owner are in one array. hiredis makes room for as many
// elements as an array announces before the first has come, so that without a bound ten bytes could ask for
// gigabytes.
constexpr std::size_t most_elements = std::size_t{1} << 23;

// By hiredis itself; null, which it takes for being out of memory, beyond the bound. `Size` is its own
// choice: int in 0.14, size_t in 1.x.
redisReplyObjectFunctions* functions = nullptr;

template <class Size>
void* create_array(const redisReadTask* place, Size elements)
{
    if (static_cast<std::size_t>(elements) > most_elements) return nullptr;
    return functions->createArray(place, elements);
}

redisReplyObjectFunctions* bounded_functions(redisReplyObjectFunctions* of_hiredis)
{
    static redisReplyObjectFunctions bounded = [of_hiredis] {
        functions = of_hiredis;
        redisReplyObjectFunctions made = *of_hiredis;
        made.createArray = create_array;
        return made;
    }();
    return &bounded;
}

} // namespace

redis_reader::redis_reader() : reader_{redisReaderCreate()}
{
    if (!reader_) throw std::bad_alloc{};
    reader_->fn = bounded_functions(reader_->fn);
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
    const std::unique_ptr<redisReply, reply_closer> reply{static_cast<redisReply*>(whole)};
    return convert(*reply, into) ? outcome::reply : outcome::broken;
}

std::string_view redis_reader::problem() const noexcept
{
    return reader_->err != 0 ? reader_->errstr : "a reply of a type that RESP2 does not have";
}

void redis_reader::closer::operator()(redisReader* reader) const noexcept
{
    redisReaderFree(reader);
}

} // namespace latchkey
