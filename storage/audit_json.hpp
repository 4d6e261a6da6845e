// JSON text as the audit log writes it: compact, always on one line, always valid UTF-8, and without any
// character that could move a terminal's cursor. Plain functions, callable from every thread.
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// Nesting kept in `diff` and `additional_fields`; what lies deeper is written as null.
inline constexpr int audit_json_depth = 16;

// ASCII that stands for itself between quotes.
constexpr bool is_plain_json(char c) noexcept
{
    return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

// Bytes kept of a text inside of `diff` and `additional_fields`.
inline constexpr std::size_t audit_json_text_limit = 4 * 1024;

// Appends `text` in quotes, cut to `limit` bytes at a character's edge. Ill-formed UTF-8 becomes U+FFFD;
// control characters (C0, DEL, C1) and the line separators U+2028/2029 are written as \uXXXX.
void append_json_text(std::string& out, std::string_view text, std::size_t limit = audit_json_text_limit);

// Numbers that JSON cannot express become null.
void append_json_object(std::string& out, const boost::json::object& object, int depth = 0);

// The text that stands between the quotes of what append_json_text wrote. Surrogates, which it never
// writes, become U+FFFD.
std::string unescape_json_text(std::string_view raw);

// Nothing unless `text` is one JSON object nested no deeper than a line may be.
std::optional<boost::json::object> parse_json_object(std::string_view text);

} // namespace latchkey
