#include "server/trace_context.hpp"

#include <algorithm>
#include <cstddef>

namespace latchkey {
namespace {

bool is_hex(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text) noexcept
{
    return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

} // namespace

trace_context parse_traceparent(std::string_view value) noexcept
{
    constexpr std::size_t size = 55; // 00-<32>-<16>-<2>
    if (value.size() < size || value[2] != '-' || value[35] != '-' || value[52] != '-') return {};
    const std::string_view version = value.substr(0, 2);
    const trace_context found{.trace_id = value.substr(3, 32), .parent_id = value.substr(36, 16)};
    const bool is_whole = is_hex(version) && version != "ff" && is_id(found.trace_id) &&
                          is_id(found.parent_id) && is_hex(value.substr(53, 2));
    // A later version may say more, but what it says with 00 it says the same way.
    const bool ends_well = value.size() == size || (version != "00" && value[size] == '-');
    return is_whole && ends_well ? found : trace_context{};
}

} // namespace latchkey
