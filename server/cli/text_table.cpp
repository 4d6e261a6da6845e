#include "server/cli/text_table.hpp"

#include "auth/duration.hpp"
#include "server/config_values.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

namespace latchkey::cli {
namespace {

// Columns that UTF-8 text takes, a code point each.
std::size_t width_of(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

// `1w` as `7d`, which is what parse_duration knows.
std::string without_weeks(std::string_view text)
{
    std::string out;
    std::string digits;
    for (const char c : text) {
        if (c >= '0' && c <= '9' && digits.size() < 9) {
            digits += c;
            continue;
        }
        if (c == 'w' && !digits.empty())
            out += std::to_string(std::stoull(digits) * 7) + 'd';
        else
            out += digits + c;
        digits.clear();
    }
    return out + digits;
}

} // namespace

std::string printable(std::string_view text)
{
    std::string out{text};
    for (std::size_t at = 0; at < out.size(); ++at) {
        const auto c = static_cast<unsigned char>(out[at]);
        const bool is_c1 = c == 0xc2 && at + 1 < out.size() && static_cast<unsigned char>(out[at + 1]) < 0xa0;
        if (is_c1) out.replace(at, 2, "?");
        if (c < 0x20 || c == 0x7f) out[at] = '?';
    }
    return out;
}

std::string table_text(const std::vector<text_row>& rows)
{
    std::vector<std::size_t> widths;
    for (const text_row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t at = 0; at < row.size(); ++at)
            widths[at] = std::max(widths[at], width_of(printable(row[at])));
    }
    std::string out;
    for (const text_row& row : rows) {
        for (std::size_t at = 0; at < row.size(); ++at) {
            const std::string cell = printable(row[at]);
            out += cell;
            if (at + 1 < row.size()) out.append(widths[at] - width_of(cell) + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

std::string fields_text(const std::vector<text_row>& fields)
{
    return table_text(fields);
}

std::string minute_text(std::string_view rfc3339)
{
    if (rfc3339.size() < 16) return std::string{rfc3339};
    if (rfc3339.starts_with("1970-01-01T00:00:00")) return "never";
    std::string out{rfc3339.substr(0, 16)};
    out[10] = ' ';
    return out;
}

std::string json_line(const json::value& value)
{
    return json::serialize(value) + "\n";
}

std::chrono::nanoseconds parse_lifetime(std::string_view text)
{
    const auto span = parse_duration(without_weeks(text));
    if (!span)
        throw command_failure{ending::usage, span.error().text + "; a duration is 30d, 12h, 90m, 1w2d or 1y"};
    return *span;
}

std::size_t parse_number(const std::string& text, std::string_view option)
{
    const auto number = parse_count(text);
    if (!number || *number > 1'000'000)
        throw command_failure{ending::usage, "--" + std::string{option} + " needs a number"};
    return *number;
}

} // namespace latchkey::cli
