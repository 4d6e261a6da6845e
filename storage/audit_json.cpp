#include "storage/audit_json.hpp"

#include "storage/hex_text.hpp"
#include "storage/utf8.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace latchkey {
namespace {

namespace json = boost::json;

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

bool is_continuation(char c) noexcept
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

void append_escape(std::string& out, std::uint32_t code_point)
{
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4)
        out += hex_digits[code_point >> shift & 15];
}

void append_utf8(std::string& out, std::uint32_t code_point)
{
    if (code_point >= 0xD800 && code_point <= 0xDFFF) {
        out += replacement;
    } else if (code_point < 0x80) {
        out += static_cast<char>(code_point);
    } else if (code_point < 0x800) {
        out += static_cast<char>(0xC0 | code_point >> 6);
        out += static_cast<char>(0x80 | (code_point & 0x3F));
    } else {
        out += static_cast<char>(0xE0 | code_point >> 12);
        out += static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code_point & 0x3F));
    }
}

void append_escaped_ascii(std::string& out, char c)
{
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else {
        append_escape(out, static_cast<unsigned char>(c));
    }
}

// C1 controls steer terminals as ESC does; U+2028 and U+2029 end a line for some readers.
bool is_unsafe_sequence(std::string_view sequence) noexcept
{
    if (sequence.size() == 2 && sequence[0] == '\xC2') return static_cast<unsigned char>(sequence[1]) < 0xA0;
    return sequence == "\xE2\x80\xA8" || sequence == "\xE2\x80\xA9";
}

std::uint32_t unsafe_code_point(std::string_view sequence) noexcept
{
    const auto last = static_cast<unsigned char>(sequence.back());
    return sequence.size() == 2 ? last : 0x2000u + (last & 0x3Fu);
}

void append_value(std::string& out, const json::value& value, int depth);

void append_array(std::string& out, const json::array& array, int depth)
{
    bool is_first = true;
    out += '[';
    for (const auto& element : array) {
        if (!is_first) out += ',';
        is_first = false;
        append_value(out, element, depth + 1);
    }
    out += ']';
}

void append_value(std::string& out, const json::value& value, int depth)
{
    if (depth > audit_json_depth) {
        out += "null";
        return;
    }
    if (value.is_object()) return append_json_object(out, value.get_object(), depth);
    if (value.is_string()) return append_json_text(out, value.get_string());
    if (value.is_array()) return append_array(out, value.get_array(), depth);
    // JSON has no words for infinity and not-a-number.
    if (value.is_double() && !std::isfinite(value.get_double()))
        out += "null";
    else
        out += json::serialize(value);
}

} // namespace

void append_json_text(std::string& out, std::string_view text, std::size_t limit)
{
    if (text.size() > limit) {
        while (limit > 0 && is_continuation(text[limit]))
            --limit;
        text = text.substr(0, limit);
    }

    const auto is_plain = [](char c) { return is_plain_json(c); };
    out += '"';
    for (;;) {
        const auto plain_end = std::find_if_not(text.begin(), text.end(), is_plain);
        out.append(text.begin(), plain_end); // all of it, nearly always
        text.remove_prefix(static_cast<std::size_t>(plain_end - text.begin()));
        if (text.empty()) break;
        const std::size_t length = utf8_sequence_length(text);
        const std::string_view sequence = text.substr(0, length);
        if (length == 0)
            out += replacement;
        else if (length == 1)
            append_escaped_ascii(out, text.front());
        else if (is_unsafe_sequence(sequence))
            append_escape(out, unsafe_code_point(sequence));
        else
            out += sequence;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

void append_json_object(std::string& out, const json::object& object, int depth)
{
    bool is_first = true;
    out += '{';
    for (const auto& member : object) {
        if (!is_first) out += ',';
        is_first = false;
        append_json_text(out, member.key());
        out += ':';
        append_value(out, member.value(), depth + 1);
    }
    out += '}';
}

std::string unescape_json_text(std::string_view raw)
{
    if (raw.find('\\') == raw.npos) return std::string{raw};
    std::string out;
    out.reserve(raw.size());
    for (std::size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] != '\\' || at + 1 == raw.size()) {
            out += raw[at];
        } else if (raw[at + 1] != 'u' || raw.size() - at < 6) {
            out += raw[++at];
        } else {
            std::uint32_t code_point = 0;
            for (const char digit : raw.substr(at + 2, 4))
                code_point = code_point << 4 | static_cast<std::uint32_t>(hex_value(digit) & 15);
            append_utf8(out, code_point);
            at += 5;
        }
    }
    return out;
}

std::optional<json::object> parse_json_object(std::string_view text)
{
    json::parse_options options;
    options.max_depth = audit_json_depth + 2;
    boost::system::error_code ec;
    json::value value = json::parse(text, ec, {}, options);
    if (ec || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}

} // namespace latchkey
