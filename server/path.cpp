#include "server/path.hpp"

#include "storage/hex_text.hpp"
#include "storage/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace latchkey {
namespace {

// Decodes one character after another; a bad escape ends the text and is remembered.
class decoder {
public:
    decoder(std::string_view raw, plus_sign plus) noexcept : rest_{raw}, plus_{plus} {}

    bool done() const noexcept { return rest_.empty() || broken_; }
    bool broken() const noexcept { return broken_; }

    char next() noexcept
    {
        const char first = rest_.front();
        rest_.remove_prefix(1);
        if (first == '+' && plus_ == plus_sign::space) return ' ';
        if (first != '%') return first;
        const int high = rest_.size() < 2 ? -1 : hex_value(rest_[0]);
        const int low = rest_.size() < 2 ? -1 : hex_value(rest_[1]);
        broken_ = high < 0 || low < 0;
        if (broken_) return '\0';
        rest_.remove_prefix(2);
        return static_cast<char>(high << 4 | low);
    }

private:
    std::string_view rest_;
    plus_sign plus_;
    bool broken_ = false;
};

bool is_control(char c) noexcept
{
    const auto code = static_cast<unsigned char>(c);
    return code < 0x20 || code == 0x7f;
}

bool needs_decoding(std::string_view raw, plus_sign plus) noexcept
{
    return raw.find_first_of(plus == plus_sign::space ? "%+" : "%") != std::string_view::npos;
}

// Escapes are right, and what they stand for is text.
bool decodes_to_text(std::string_view raw_path)
{
    if (!needs_decoding(raw_path, plus_sign::literal)) {
        return std::none_of(raw_path.begin(), raw_path.end(), is_control) && is_utf8(raw_path);
    }
    const std::optional<std::string> decoded = percent_decode(raw_path, plus_sign::literal);
    return decoded && std::none_of(decoded->begin(), decoded->end(), is_control) && is_utf8(*decoded);
}

bool is_name(std::string_view raw, std::string_view name) noexcept
{
    if (raw == name) return true;
    std::array<char, 64> space;
    return needs_decoding(raw, plus_sign::space) && percent_decode(raw, space, plus_sign::space) == name;
}

} // namespace

bool has_dot_segment(std::string_view raw_path) noexcept
{
    const auto matters = [](char character) { return character == '.' || character == '%'; };
    if (std::none_of(raw_path.begin(), raw_path.end(), matters)) return false; // nearly every path
    decoder characters{raw_path, plus_sign::literal};
    std::size_t dots = 0;
    bool only_dots = true;
    while (!characters.done()) {
        const char character = characters.next();
        if (character == '/') {
            if (only_dots && (dots == 1 || dots == 2)) return true;
            dots = 0;
            only_dots = true;
        } else if (character == '.') {
            ++dots;
        } else {
            only_dots = false;
        }
    }
    return only_dots && (dots == 1 || dots == 2);
}

std::optional<std::string_view> normalise_path(std::string_view raw_path, std::string& scratch)
{
    if (!raw_path.starts_with('/') || has_dot_segment(raw_path) || !decodes_to_text(raw_path)) {
        return std::nullopt;
    }
    if (raw_path.find("//") == std::string_view::npos) return raw_path;

    scratch.clear();
    std::unique_copy(raw_path.begin(), raw_path.end(), std::back_inserter(scratch), [](char one, char other) {
        return one == '/' && other == '/';
    });
    return scratch;
}

std::optional<std::string_view>
percent_decode(std::string_view raw, std::span<char> out, plus_sign plus) noexcept
{
    decoder characters{raw, plus};
    std::size_t size = 0;
    while (!characters.done()) {
        if (size == out.size()) return std::nullopt;
        out[size++] = characters.next();
    }
    if (characters.broken()) return std::nullopt;
    return std::string_view{out.data(), size};
}

std::optional<std::string> percent_decode(std::string_view raw, plus_sign plus)
{
    std::string decoded(raw.size(), '\0');
    const std::optional<std::string_view> used = percent_decode(raw, std::span{decoded}, plus);
    if (!used) return std::nullopt;
    decoded.resize(used->size());
    return decoded;
}

bool query_reader::next(std::string_view name) noexcept
{
    while (!rest_.empty()) {
        const std::size_t end = std::min(rest_.find('&'), rest_.size());
        const std::string_view pair = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));

        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (!is_name(pair.substr(0, equals), name)) continue;
        value_ = pair.substr(std::min(equals + 1, pair.size()));
        return true;
    }
    return false;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name)
{
    query_reader pairs{query};
    if (!pairs.next(name)) return std::nullopt;
    return percent_decode(pairs.raw_value(), plus_sign::space);
}

std::vector<std::string> query_values(std::string_view query, std::string_view name)
{
    std::vector<std::string> values;
    query_reader pairs{query};
    while (pairs.next(name)) {
        if (auto value = percent_decode(pairs.raw_value(), plus_sign::space)) {
            values.push_back(std::move(*value));
        }
    }
    return values;
}

bool query_flag(std::string_view query, std::string_view name)
{
    const std::optional<std::string> value = query_value(query, name);
    return value && is_true_text(*value);
}

bool is_true_text(std::string_view text) noexcept
{
    constexpr std::string_view words[] = {"1", "t", "T", "TRUE", "true", "True"};
    return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

} // namespace latchkey
