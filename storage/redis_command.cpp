#include "storage/redis_command.hpp"

#include "storage/digit_pairs.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <iterator>
#include <limits>
#include <utility>

namespace latchkey {

namespace {

constexpr std::size_t usual_words = 8;
constexpr std::size_t usual_bytes = 240;
constexpr std::string_view line_end = "\r\n";

// The length and the end of its line, from the front of `out`, which has room for all digits; where they end.
char* write_length(char* out, std::size_t length) noexcept
{
    char* end = out + 1;
    if (length < 10) {
        *out = static_cast<char>('0' + length);
    } else if (length < 100) {
        write_digit_pair(out, static_cast<std::uint32_t>(length));
        end = out + 2;
    } else {
        end = std::to_chars(out, out + std::numeric_limits<std::size_t>::digits10 + 1, length).ptr;
    }
    return std::copy(line_end.begin(), line_end.end(), end);
}

} // namespace

// Not by hiredis' encoders: a tenth of all instructions of a create (./dev bench create --store redis).
void redis_words::add(std::string_view bytes)
{
    char head[32] = "\r\n$";
    const char* const end = write_length(head + 3, bytes.size());
    const char* begin = head;
    if (places_.empty()) begin += line_end.size();
    encoded_.append(std::string_view{begin, end});
    places_.push_back({encoded_.size(), bytes.size()});
    encoded_.append(bytes);
}

void redis_words::add(std::int64_t number)
{
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    add({digits, static_cast<std::size_t>(end - digits)});
}

void redis_words::reserve(std::size_t words, std::size_t bytes)
{
    places_.reserve(words);
    encoded_.reserve(bytes);
}

std::string_view redis_words::at(std::size_t index) const noexcept
{
    return std::string_view{encoded_}.substr(places_[index].begin, places_[index].size);
}

redis_command::redis_command(std::string_view name)
{
    words_.reserve(usual_words, usual_bytes);
    words_.add(name);
}

redis_command& redis_command::key(std::string_view name)
{
    if (first_key_ == 0) first_key_ = size();
    assert(!last_);
    words_.add(name);
    return *this;
}

redis_command& redis_command::arg(std::string_view bytes)
{
    assert(!last_);
    words_.add(bytes);
    return *this;
}

redis_command& redis_command::arg(std::int64_t number)
{
    assert(!last_);
    words_.add(number);
    return *this;
}

redis_command& redis_command::args(std::shared_ptr<const redis_words> words)
{
    assert(!last_);
    if (words && words->size() != 0) last_ = std::move(words);
    return *this;
}

redis_command& redis_command::keys_and_args(std::shared_ptr<const redis_words> words)
{
    if (first_key_ == 0) first_key_ = size();
    return args(std::move(words));
}

std::string_view redis_command::slot_key() const noexcept
{
    return first_key_ == 0 ? std::string_view{} : argument(first_key_);
}

void redis_command::append_to(std::string& out) const
{
    char head[32] = "*";
    const char* const end = write_length(head + 1, size());
    out.append(std::string_view{head, end}).append(words_.encoded()).append(line_end);
    if (last_) out.append(last_->encoded()).append(line_end);
}

} // namespace latchkey
