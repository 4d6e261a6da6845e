#include "storage/records.hpp"

#include <algorithm>
#include <cstring>

namespace latchkey {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

int hex_value(char c) noexcept
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

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
               return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have + 32) : have);
           });
}

} // namespace

void append_uuid(std::string& out, const uuid& id)
{
    // Every answer carries a request id: from a table of pairs, appended at once.
    static constexpr auto pairs = [] {
        std::array<std::array<char, 2>, 256> made{};
        for (std::size_t byte = 0; byte < made.size(); ++byte)
            made[byte] = {hex_digits[byte >> 4], hex_digits[byte & 15]};
        return made;
    }();
    static constexpr std::uint8_t offsets[] = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};
    char text[] = "00000000-0000-0000-0000-000000000000";
    for (std::size_t byte = 0; byte < id.size(); ++byte)
        std::memcpy(text + offsets[byte], pairs[id.begin()[byte]].data(), 2);
    out.append(text, sizeof text - 1);
}

std::string to_string(const uuid& id)
{
    std::string out;
    out.reserve(36);
    append_uuid(out, id);
    return out;
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
    std::size_t at = 0;
    for (std::size_t position = 0; position < 16; ++position) {
        const bool dash_here = dashed && (position == 4 || position == 6 || position == 8 || position == 10);
        if (dash_here && text[at++] != '-') return std::nullopt;
        const int high = hex_value(text[at]);
        const int low = hex_value(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.begin()[position] = static_cast<std::uint8_t>(high << 4 | low);
        at += 2;
    }
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
