#include "storage/utf8.hpp"

#include "storage/byte_words.hpp"

#include <cstdint>

namespace latchkey {
namespace {

bool is_ascii(std::string_view text) noexcept
{
    std::uint64_t seen = 0;
    while (text.size() >= sizeof seen) {
        seen |= byte_words::load(text.data());
        text.remove_prefix(sizeof seen);
    }
    for (const char character : text)
        seen |= static_cast<unsigned char>(character);
    return (seen & byte_words::top_bits) == 0;
}

} // namespace

std::size_t utf8_sequence_length(std::string_view text) noexcept
{
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const auto continues = [&](std::size_t at, unsigned char from = 0x80, unsigned char to = 0xbf) {
        return at < text.size() && byte(at) >= from && byte(at) <= to;
    };
    if (text.empty()) return 0;
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        const unsigned char from = first == 0xe0 ? 0xa0 : 0x80; // below: overlong
        const unsigned char to = first == 0xed ? 0x9f : 0xbf;   // above: surrogates
        return continues(1, from, to) && continues(2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        const unsigned char from = first == 0xf0 ? 0x90 : 0x80; // below: overlong
        const unsigned char to = first == 0xf4 ? 0x8f : 0xbf;   // above: beyond U+10FFFF
        return continues(1, from, to) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

bool is_utf8(std::string_view text) noexcept
{
    if (is_ascii(text)) return true;
    while (!text.empty()) {
        const std::size_t length = utf8_sequence_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

} // namespace latchkey
