#include "storage/redis_command.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace latchkey {

namespace {

constexpr std::size_t usual_words = 24;
constexpr std::size_t usual_bytes = 700;
constexpr std::string_view line_end = "\r\n";

void append_length(std::string& out, char type, std::size_t length)
{
    char text[24] = {type};
    char* end = std::to_chars(std::begin(text) + 1, std::end(text), length).ptr;
    end = std::copy(line_end.begin(), line_end.end(), end);
    out.append(text, static_cast<std::size_t>(end - text));
}

} // namespace

// Not by hiredis' encoders: a tenth of all instructions of a create (./dev bench create --store redis).
void redis_words::add(std::string_view bytes)
{
    if (places_.empty()) {
        places_.reserve(usual_words);
        encoded_.reserve(usual_bytes);
    }
    append_length(encoded_, '$', bytes.size());
    places_.push_back({encoded_.size(), bytes.size()});
    encoded_.append(bytes).append(line_end);
}

void redis_words::add(std::int64_t number)
{
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
    add({digits, static_cast<std::size_t>(end - digits)});
}

void redis_words::add(const redis_words& more)
{
    const std::size_t begin = encoded_.size();
    encoded_.append(more.encoded_);
    places_.reserve(size() + more.size());
    for (const place& one : more.places_)
        places_.push_back({begin + one.begin, one.size});
}

std::string_view redis_words::at(std::size_t index) const noexcept
{
    return std::string_view{encoded_}.substr(places_[index].begin, places_[index].size);
}

redis_command::redis_command(std::string_view name)
{
    words_.add(name);
}

redis_command& redis_command::key(std::string_view name)
{
    if (first_key_ == 0) first_key_ = size();
    words_.add(name);
    return *this;
}

redis_command& redis_command::arg(std::string_view bytes)
{
    words_.add(bytes);
    return *this;
}

redis_command& redis_command::arg(std::int64_t number)
{
    words_.add(number);
    return *this;
}

redis_command& redis_command::args(const redis_words& words)
{
    words_.add(words);
    return *this;
}

redis_command& redis_command::keys_and_args(const redis_words& words)
{
    if (first_key_ == 0) first_key_ = size();
    return args(words);
}

std::string_view redis_command::slot_key() const noexcept
{
    return first_key_ == 0 ? std::string_view{} : argument(first_key_);
}

void redis_command::append_to(std::string& out) const
{
    append_length(out, '*', size());
    out.append(words_.encoded());
}

} // namespace latchkey
