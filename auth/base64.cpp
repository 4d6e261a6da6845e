#include "auth/base64.hpp"

namespace latchkey {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

} // namespace

void append_base64(std::string& out, std::span<const std::uint8_t> bytes)
{
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const std::uint8_t byte : bytes) {
        pending = pending << 8 | byte;
        for (bits += 8; bits >= 6; bits -= 6)
            out += alphabet[pending >> (bits - 6) & 63];
    }
    if (bits != 0) out += alphabet[pending << (6 - bits) & 63];
}

std::optional<std::vector<std::uint8_t>> decode_base64(std::string_view text)
{
    std::vector<std::uint8_t> bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    unsigned bits = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        pending = pending << 6 | static_cast<std::uint32_t>(value);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes.push_back(static_cast<std::uint8_t>(pending >> bits & 255));
        }
    }
    // Six bits left: a lone last character. Set bits left over: another text for the same bytes.
    if (bits == 6 || (pending & ((1U << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

} // namespace latchkey
