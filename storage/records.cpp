#include "storage/records.hpp"

#include "storage/hex_text.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace latchkey {
namespace {

constexpr bool is_alphanumeric(char c) noexcept
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

// By table and without branches: every verification parses an id.
constexpr auto alphanumeric = [] {
    std::array<bool, 256> made{};
    for (std::size_t code = 0; code < made.size(); ++code)
        made[code] = is_alphanumeric(static_cast<char>(code));
    return made;
}();

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) noexcept
{
    return text.size() >= lower_prefix.size() &&
           std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char want, char have) {
               return want == lower_case(have);
           });
}

// The eight digits of four bytes, in the order of memory: each byte is drawn apart into its halves, and each
// half over 9 gets the distance from '9' to 'a' on top. Every answer prints two UUIDs (./dev bench verify).
std::uint64_t hex_digits_of(std::uint32_t bytes) noexcept
{
    constexpr std::uint64_t in_every_byte = 0x0101010101010101;
    std::uint64_t halves = bytes;
    halves = (halves | halves << 16) & 0x0000ffff0000ffff;
    halves = (halves | halves << 8) & 0x00ff00ff00ff00ff;
    halves = (halves >> 4 & 0x000f000f000f000f) | (halves & 0x000f000f000f000f) << 8;
    const std::uint64_t is_letter = (halves + 6 * in_every_byte) >> 4 & in_every_byte;
    return halves + '0' * in_every_byte + is_letter * ('a' - '0' - 10);
}

} // namespace

void write_uuid(char* out, const uuid& id) noexcept
{
    static_assert(std::endian::native == std::endian::little);
    std::array<std::uint32_t, 4> words;
    std::memcpy(words.data(), id.data, sizeof words);
    std::array<char, 32> digits;
    for (std::size_t word = 0; word < words.size(); ++word) {
        const std::uint64_t eight = hex_digits_of(words[word]);
        std::memcpy(digits.data() + 8 * word, &eight, sizeof eight);
    }
    std::memcpy(out, digits.data(), 8);
    std::memcpy(out + 9, digits.data() + 8, 4);
    std::memcpy(out + 14, digits.data() + 12, 4);
    std::memcpy(out + 19, digits.data() + 16, 4);
    std::memcpy(out + 24, digits.data() + 20, 12);
    out[8] = out[13] = out[18] = out[23] = '-';
}

void append_uuid(std::string& out, const uuid& id)
{
    const std::size_t start = out.size();
    out.resize(start + uuid_length);
    write_uuid(out.data() + start, id);
}

std::string to_string(const uuid& id)
{
    std::string text(uuid_length, '-');
    write_uuid(text.data(), id);
    return text;
}

std::optional<uuid> parse_uuid(std::string_view text) noexcept
{
    bool dashed = true;
    if (text.size() == 36 + 9 && starts_with_ignoring_case(text, "urn:uuid:")) {
        text.remove_prefix(9);
    } else if (text.size() == 38 && text.front() == '{' && text.back() == '}') {
        text = text.substr(1, 36);
    } else if (text.size() == 32) {
        dashed = false;
    } else if (text.size() != 36) {
        return std::nullopt;
    }

    uuid id{};
    int faults = 0;
    std::size_t at = 0;
    for (std::size_t position = 0; position < 16; ++position) {
        const bool dash_here = dashed && (position == 4 || position == 6 || position == 8 || position == 10);
        if (dash_here && text[at++] != '-') return std::nullopt;
        const int high = hex_value(text[at]);
        const int low = hex_value(text[at + 1]);
        faults |= high | low; // of which one that is none is negative
        id.begin()[position] = static_cast<std::uint8_t>(high << 4 | low);
        at += 2;
    }
    if (faults < 0) return std::nullopt;
    return id;
}

std::optional<key_id> key_id::parse(std::string_view text) noexcept
{
    if (text.size() != length) return std::nullopt;
    key_id id;
    std::memcpy(id.characters.data(), text.data(), length);
    bool all = true;
    for (const char c : id.characters)
        all &= alphanumeric[static_cast<unsigned char>(c)];
    if (!all) return std::nullopt;
    return id;
}

std::string_view to_string(login_type type) noexcept
{
    switch (type) {
    case login_type::token: return "token";
    case login_type::password: return "password";
    case login_type::none: return "none";
    }
    return "none";
}

std::string_view to_string(user_status status) noexcept
{
    return status == user_status::active ? "active" : "suspended";
}

} // namespace latchkey
