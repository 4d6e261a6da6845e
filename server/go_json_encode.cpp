#include "server/json_bodies.hpp"

#include <boost/json/serialize.hpp>

#include <cstdint>

namespace latchkey {
namespace {

// Bytes of the UTF-8 sequence at the front, 0 when it is none (RFC 3629: no overlong forms, no surrogates,
// nothing beyond U+10FFFF).
std::size_t utf8_length(std::string_view text) noexcept
{
    const auto at = [text](std::size_t i) {
        return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0;
    };
    const auto within = [](unsigned byte, unsigned low, unsigned high) {
        return byte >= low && byte <= high;
    };
    const unsigned first = at(0);
    if (first < 0x80) return 1;
    if (within(first, 0xc2, 0xdf)) return within(at(1), 0x80, 0xbf) ? 2 : 0;
    if (!within(at(2), 0x80, 0xbf)) return 0;
    if (within(first, 0xe0, 0xef)) {
        const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
        const unsigned high = first == 0xed ? 0x9f : 0xbf;
        return within(at(1), low, high) ? 3 : 0;
    }
    if (!within(first, 0xf0, 0xf4) || !within(at(3), 0x80, 0xbf)) return 0;
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return within(at(1), low, high) ? 4 : 0;
}

void append_escaped(std::string& out, char c)
{
    constexpr char digits[] = "0123456789abcdef";
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
    }
    const auto byte = static_cast<std::uint8_t>(c);
    if (byte >= 0x20 && c != '<' && c != '>' && c != '&') {
        out += c;
        return;
    }
    out += "\\u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

void append_value(std::string& out, const boost::json::value& value);

void append_array(std::string& out, const boost::json::array& values)
{
    out += '[';
    bool is_first = true;
    for (const auto& value : values) {
        if (!is_first) out += ',';
        is_first = false;
        append_value(out, value);
    }
    out += ']';
}

void append_object(std::string& out, const boost::json::object& members)
{
    out += '{';
    bool is_first = true;
    for (const auto& member : members) {
        if (!is_first) out += ',';
        is_first = false;
        append_json_string(out, member.key());
        out += ':';
        append_value(out, member.value());
    }
    out += '}';
}

void append_value(std::string& out, const boost::json::value& value)
{
    if (const auto* const text = value.if_string())
        append_json_string(out, *text);
    else if (const auto* const values = value.if_array())
        append_array(out, *values);
    else if (const auto* const members = value.if_object())
        append_object(out, *members);
    else
        out += boost::json::serialize(value); // numbers, true, false, null
}

} // namespace

void append_json_string(std::string& out, std::string_view text)
{
    out += '"';
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const std::string_view character = text.substr(0, length);
        if (length == 0)
            out += "\\ufffd";
        else if (length == 1)
            append_escaped(out, text.front());
        else if (character == "\u2028")
            out += "\\u2028";
        else if (character == "\u2029")
            out += "\\u2029";
        else
            out += character;
        text.remove_prefix(length == 0 ? 1 : length);
    }
    out += '"';
}

std::string go_json(const boost::json::value& value)
{
    std::string out;
    append_value(out, value);
    out += '\n';
    return out;
}

} // namespace latchkey
