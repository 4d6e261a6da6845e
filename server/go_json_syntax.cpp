#include "server/go_json_syntax.hpp"

#include "storage/hex_text.hpp"

#include <cstdint>
#include <optional>

namespace latchkey {
namespace {

bool is_space(char c) noexcept
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

bool is_hex(char c) noexcept
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// Go quotes the byte as if it were a code point, so bytes beyond ASCII show as Latin-1.
std::string quoted_character(char c)
{
    const auto byte = static_cast<std::uint8_t>(c);
    std::string out = "'";
    switch (c) {
    case '\'': out += "\\'"; break;
    case '\\': out += "\\\\"; break;
    case '\a': out += "\\a"; break;
    case '\b': out += "\\b"; break;
    case '\f': out += "\\f"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    case '\v': out += "\\v"; break;
    default:
        if (byte < 0x20 || byte == 0x7f) {
            out += "\\x";
            append_hex(out, byte);
        } else if (byte < 0x7f) {
            out += c;
        } else if (byte <= 0xa0 || byte == 0xad) {
            out += "\\u00";
            append_hex(out, byte);
        } else {
            out += static_cast<char>(0xc0 | (byte >> 6));
            out += static_cast<char>(0x80 | (byte & 0x3f));
        }
    }
    return out + "'";
}

using found_fault = std::optional<std::string>;

class syntax_reader {
public:
    explicit syntax_reader(std::string_view text) noexcept : text_{text} {}

    // The fault of the first value, nothing when it has none.
    found_fault read()
    {
        skip_spaces();
        if (at_end()) return "EOF";
        found_fault fault = value();
        while (!fault && !open_.empty())
            fault = open_.back() == '{' ? member() : element();
        return fault;
    }

private:
    bool at_end() const noexcept { return at_ == text_.size(); }

    void skip_spaces() noexcept
    {
        while (!at_end() && is_space(text_[at_]))
            ++at_;
    }

    static std::string ended_early() { return "unexpected EOF"; }

    std::string unexpected(std::string_view where) const
    {
        if (at_end()) return ended_early();
        return "invalid character " + quoted_character(text_[at_]).append(" ").append(where);
    }

    bool take(char wanted) noexcept
    {
        if (at_end() || text_[at_] != wanted) return false;
        ++at_;
        return true;
    }

    // A whole scalar, or the opening bracket of a container; what is inside is read by member and element.
    found_fault value()
    {
        skip_spaces();
        if (at_end()) return ended_early();
        switch (text_[at_]) {
        case '{':
        case '[':
            open_ += text_[at_++];
            is_first_ = true;
            return {};
        case '"': return string();
        case 't': return literal("true");
        case 'f': return literal("false");
        case 'n': return literal("null");
        default: break;
        }
        if (text_[at_] == '-' || is_digit(text_[at_])) return number();
        return unexpected("looking for beginning of value");
    }

    void close() noexcept
    {
        open_.pop_back();
        is_first_ = false;
    }

    found_fault element()
    {
        skip_spaces();
        if (take(']')) {
            close();
            return {};
        }
        if (!is_first_ && !take(',')) return unexpected("after array element");
        is_first_ = false;
        return value();
    }

    found_fault member()
    {
        skip_spaces();
        if (take('}')) {
            close();
            return {};
        }
        if (!is_first_ && !take(',')) return unexpected("after object key:value pair");
        is_first_ = false;
        skip_spaces();
        if (at_end() || text_[at_] != '"') return unexpected("looking for beginning of object key string");
        if (found_fault fault = string()) return fault;
        skip_spaces();
        if (!take(':')) return unexpected("after object key");
        return value();
    }

    found_fault string()
    {
        ++at_;
        while (!at_end()) {
            if (take('"')) return {};
            if (static_cast<std::uint8_t>(text_[at_]) < 0x20) return unexpected("in string literal");
            if (take('\\')) {
                if (found_fault fault = escape()) return fault;
            } else {
                ++at_;
            }
        }
        return ended_early();
    }

    found_fault escape()
    {
        if (at_end()) return ended_early();
        if (std::string_view{"bfnrt\\/\""}.find(text_[at_]) != std::string_view::npos) {
            ++at_;
            return {};
        }
        if (!take('u')) return unexpected("in string escape code");
        for (int digit = 0; digit < 4; ++digit, ++at_)
            if (at_end() || !is_hex(text_[at_])) return unexpected("in \\u hexadecimal character escape");
        return {};
    }

    found_fault literal(std::string_view word)
    {
        for (const char expected : word) {
            if (take(expected)) continue;
            return unexpected(std::string{"in literal "}.append(word).append(" (expecting '") + expected +
                              "')");
        }
        return {};
    }

    found_fault digits(std::string_view where)
    {
        if (at_end() || !is_digit(text_[at_])) return unexpected(where);
        while (!at_end() && is_digit(text_[at_]))
            ++at_;
        return {};
    }

    found_fault number()
    {
        take('-');
        found_fault fault;
        if (!take('0')) fault = digits("in numeric literal");
        if (!fault && take('.')) fault = digits("after decimal point in numeric literal");
        if (!fault && (take('e') || take('E'))) {
            if (!take('+')) take('-');
            fault = digits("in exponent of numeric literal");
        }
        return fault;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string open_;      // '{' or '[' for each container that is still open
    bool is_first_ = false; // nothing of the innermost container has been read yet
};

} // namespace

std::string go_syntax_fault(std::string_view body)
{
    return syntax_reader{body}.read().value_or("");
}

} // namespace latchkey
