#include "storage/records.hpp"

#include "storage/hex_text.hpp"
#include "storage/lower_case.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey {
namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) noexcept
{
    return text.size() >= lower_prefix.size() &&
           std::equal(lower_prefix.begin(), lower_prefix.end(), text.begin(), [](char want, char have) {
               return want == lower_case(have);
           });
}

// Sixteen bytes in a register of the processor, where it has such. Every answer prints two UUIDs
// (./dev bench verify).
using sixteen = unsigned char __attribute__((vector_size(16)));

// Of halves of bytes: each over 9 gets the distance from '9' to 'a' on top.
sixteen hex_digits_of(sixteen halves) noexcept
{
    const auto is_letter = reinterpret_cast<sixteen>(halves > 9);
    return halves + '0' + (is_letter & ('a' - '0' - 10));
}

} // namespace

void write_uuid(char* out, const uuid& id) noexcept
{
    sixteen bytes;
    std::memcpy(&bytes, id.data, sizeof bytes);
    const sixteen high = bytes >> 4;
    const sixteen low = bytes & 0x0f;
    const sixteen front = hex_digits_of(
        __builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    const sixteen back = hex_digits_of(
        __builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    const auto* const digits = reinterpret_cast<const char*>(&front);
    const auto* const more_digits = reinterpret_cast<const char*>(&back);
    std::memcpy(out, digits, 8);
    std::memcpy(out + 9, digits + 8, 4);
    std::memcpy(out + 14, digits + 12, 4);
    std::memcpy(out + 19, more_digits, 4);
    std::memcpy(out + 24, more_digits + 4, 12);
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
    if (!is_id(text)) return std::nullopt;
    key_id id;
    std::memcpy(id.characters.data(), text.data(), length);
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
