#include "storage/redis_fields.hpp"

#include "storage/hex_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace latchkey {
namespace {

constexpr auto escaped_characters = [] {
    std::array<bool, 256> made{};
    for (std::size_t code = 0; code < made.size(); ++code)
        made[code] = code <= ' ' || code == '%' || code == ',' || code == 0x7f;
    return made;
}();

bool must_be_escaped(char c) noexcept
{
    return escaped_characters[static_cast<unsigned char>(c)];
}

void append_escaped(std::string& out, std::string_view bytes)
{
    for (;;) {
        const auto found = std::find_if(bytes.begin(), bytes.end(), must_be_escaped);
        out.append(bytes.begin(), found); // all of it, nearly always
        if (found == bytes.end()) return;
        const auto code = static_cast<unsigned char>(*found);
        out += '%';
        append_hex(out, code);
        bytes.remove_prefix(static_cast<std::size_t>(found - bytes.begin()) + 1);
    }
}

// What nearly all numbers of a record are, in a third of the time that from_chars takes: digits, and not so
// many that they could be too much.
std::optional<std::int64_t> plain_number(std::string_view digits) noexcept
{
    if (digits.empty() || digits.size() > std::numeric_limits<std::int64_t>::digits10) return std::nullopt;
    std::int64_t value = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    return value;
}

std::string unescaped(std::string_view raw)
{
    if (raw == "%") return {};
    std::string bytes;
    bytes.reserve(raw.size());
    for (;;) {
        const std::size_t escape = raw.find('%');
        bytes.append(raw.substr(0, escape));
        if (escape == raw.npos) return bytes;
        raw.remove_prefix(escape + 1);
        unsigned code = 0;
        const bool is_code =
            raw.size() >= 2 && std::from_chars(raw.data(), raw.data() + 2, code, 16).ptr == raw.data() + 2;
        bytes += is_code ? static_cast<char>(code) : '%';
        if (is_code) raw.remove_prefix(2);
    }
}

} // namespace

void field_writer::begin()
{
    if (!out_.empty()) out_ += ' ';
}

field_writer& field_writer::text(std::string_view bytes)
{
    begin();
    if (bytes.empty()) out_ += '%';
    append_escaped(out_, bytes);
    return *this;
}

field_writer& field_writer::number(std::int64_t value)
{
    begin();
    char digits[24];
    out_.append(digits, std::to_chars(std::begin(digits), std::end(digits), value).ptr);
    return *this;
}

field_writer& field_writer::id(const uuid& value)
{
    begin();
    append_uuid(out_, value);
    return *this;
}

field_writer& field_writer::texts(const std::vector<std::string>& list)
{
    begin();
    if (list.empty()) out_ += '%';
    for (const std::string& one : list) {
        if (&one != list.data()) out_ += ',';
        append_escaped(out_, one);
    }
    return *this;
}

std::string_view field_reader::raw()
{
    if (is_at_end_) is_good_ = false;
    if (!is_good_) return {};
    const std::size_t space = rest_.find(' ');
    const std::string_view field = rest_.substr(0, space);
    is_at_end_ = space == rest_.npos;
    rest_.remove_prefix(is_at_end_ ? rest_.size() : space + 1);
    if (field.empty()) is_good_ = false;
    return field;
}

std::string field_reader::text()
{
    return unescaped(raw());
}

std::int64_t field_reader::number()
{
    const std::string_view field = raw();
    if (const auto plain = plain_number(field)) return *plain;
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (failure != std::errc{} || end != field.data() + field.size()) is_good_ = false;
    return is_good_ ? value : 0;
}

uuid field_reader::id()
{
    const auto value = parse_uuid(raw());
    if (!value) is_good_ = false;
    return value.value_or(uuid{});
}

std::int64_t number_in(std::string_view text) noexcept
{
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::vector<std::string> texts_of(std::string_view raw)
{
    std::vector<std::string> list;
    if (raw == "%") return list;
    while (!raw.empty()) {
        const std::size_t comma = raw.find(',');
        list.push_back(unescaped(raw.substr(0, comma)));
        raw.remove_prefix(comma == raw.npos ? raw.size() : comma + 1);
    }
    return list;
}

} // namespace latchkey
