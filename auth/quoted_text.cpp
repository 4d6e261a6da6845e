#include "auth/quoted_text.hpp"

#include "storage/hex_text.hpp"

#include <cstddef>
#include <cstdint>

namespace latchkey {
namespace {

struct code_point {
    std::uint32_t value;
    std::size_t length; // 0: not UTF-8
};

// The one at the start of `text`, which is not empty. Overlong forms and surrogates are not UTF-8 (RFC 3629).
code_point first_code_point(std::string_view text) noexcept
{
    static constexpr code_point invalid{0, 0};
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return invalid;
    std::uint32_t value = lead & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        const auto next = static_cast<unsigned char>(text[i]);
        if ((next & 0xc0) != 0x80) return invalid;
        value = value << 6 | (next & 0x3f);
    }
    static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool is_surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least[length] || value > 0x10ffff || is_surrogate) return invalid;
    return {value, length};
}

// Control characters, and those that are invisible or turn the direction of writing: a name made of them
// would show as another name.
bool must_hide(std::uint32_t value) noexcept
{
    return (value >= 0x80 && value <= 0xa0) || value == 0xad || (value >= 0x200b && value <= 0x200f) ||
           (value >= 0x2028 && value <= 0x202e) || (value >= 0x2060 && value <= 0x206f) || value == 0xfeff;
}

void append_hex(std::string& out, std::uint32_t value, unsigned digits)
{
    while (digits-- > 0)
        out += hex_digits[value >> (4 * digits) & 15];
}

void append_ascii(std::string& out, char c)
{
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\a': out += "\\a"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\v': out += "\\v"; return;
    default: break;
    }
    if (c >= 0x20 && c != 0x7f) {
        out += c;
        return;
    }
    out += "\\x";
    append_hex(out, static_cast<unsigned char>(c), 2);
}

} // namespace

void append_quoted(std::string& out, std::string_view text)
{
    out += '"';
    while (!text.empty()) {
        const code_point next = first_code_point(text);
        if (next.length == 1) {
            append_ascii(out, text[0]);
        } else if (next.length == 0) {
            out += "\\x";
            append_hex(out, static_cast<unsigned char>(text[0]), 2);
        } else if (must_hide(next.value)) {
            out += "\\u";
            append_hex(out, next.value, 4);
        } else {
            out += text.substr(0, next.length);
        }
        text.remove_prefix(next.length == 0 ? 1 : next.length);
    }
    out += '"';
}

std::string in_quotes(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + 2);
    append_quoted(out, text);
    return out;
}

void append_bracketed(std::string& out, std::span<const std::string> texts)
{
    out += '[';
    for (const std::string& text : texts) {
        if (&text != &texts.front()) out += ' ';
        out += text;
    }
    out += ']';
}

} // namespace latchkey
