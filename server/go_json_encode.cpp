#include "server/json_bodies.hpp"
#include "storage/hex_text.hpp"
#include "storage/utf8.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdint>

namespace latchkey {
namespace {

void append_escaped(std::string& out, char c)
{
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
    append_hex(out, byte);
}

// How much of the beginning stands for itself. Names and scopes do as a whole: character by character, they
// were a seventh of a batch of verifications.
std::size_t plain_length(std::string_view text) noexcept
{
    const auto is_special = [](char c) {
        const auto byte = static_cast<std::uint8_t>(c);
        return byte < 0x20 || byte >= 0x80 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&';
    };
    return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_special) - text.begin());
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
    while (true) {
        const std::size_t plain = plain_length(text);
        out.append(text, 0, plain);
        text.remove_prefix(plain);
        if (text.empty()) break;
        const std::size_t length = utf8_sequence_length(text);
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
