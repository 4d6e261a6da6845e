// Fields separated by spaces, one line of text: the form of every record in Redis, so that people can read
// it there and a script can take the first fields apart. What a field may not hold as it is gets escaped
// as %hh; an empty field is a lone '%'. Owned by whoever reads or writes a record.
#pragma once

#include "storage/records.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class field_writer {
public:
    field_writer() { out_.reserve(usual_size); }

    field_writer& text(std::string_view bytes);
    field_writer& number(std::int64_t value);
    field_writer& moment(time_point when) { return number(when.time_since_epoch().count()); }
    field_writer& id(const uuid& value);
    field_writer& texts(const std::vector<std::string>& list); // each not empty; no list at all: '%'

    std::string take() { return std::move(out_); }

private:
    static constexpr std::size_t usual_size = 200; // of a key's record

    void begin();

    std::string out_;
};

// After the first field that is missing or malformed, everything is empty and is_good() is false.
class field_reader {
public:
    explicit field_reader(std::string_view line) : rest_{line} {}

    std::string text();
    std::string_view raw(); // as it stands, escapes and all
    std::int64_t number();
    time_point moment() { return time_point{microseconds{number()}}; }
    uuid id();

    bool is_good() const noexcept { return is_good_; }
    std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
    bool is_good_ = true;
    bool is_at_end_ = false;
};

// For what stands alone, in a reply or in INFO: the number that `text` begins with, 0 if there is none.
std::int64_t number_in(std::string_view text) noexcept;

inline time_point moment_in(std::string_view text) noexcept
{
    return time_point{microseconds{number_in(text)}};
}

// Of a raw field that `texts` wrote.
std::vector<std::string> texts_of(std::string_view raw);

} // namespace latchkey
