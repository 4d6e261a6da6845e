#include "storage/audit_json.hpp"
#include "storage/audit_line.hpp"
#include "storage/hex_text.hpp"
#include "storage/utf8.hpp"

#include <charconv>

namespace latchkey {
namespace {

// Takes one thing after the other off the front of a line; false when it is not there.
class scanner {
public:
    explicit scanner(std::string_view line) : rest_{line} {}

    bool at_end() const { return rest_.empty(); }

    bool literal(std::string_view expected)
    {
        if (!rest_.starts_with(expected)) return false;
        rest_.remove_prefix(expected.size());
        return true;
    }

    // Decimal without leading zeros.
    template <class Number>
    bool number(Number& value)
    {
        if (rest_.size() > 1 && rest_[0] == '0' && rest_[1] >= '0' && rest_[1] <= '9') return false;
        if (rest_.empty() || rest_[0] == '-') return false;
        const auto [end, ec] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (ec != std::errc{}) return false;
        rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
        return true;
    }

    bool time(time_point& value)
    {
        using namespace std::chrono;
        unsigned part[7]; // year to second, microseconds
        const bool is_whole = digits(4, part[0]) && literal("-") && digits(2, part[1]) && literal("-") &&
                              digits(2, part[2]) && literal("T") && digits(2, part[3]) && literal(":") &&
                              digits(2, part[4]) && literal(":") && digits(2, part[5]) && literal(".") &&
                              digits(6, part[6]) && literal("Z");
        if (!is_whole || part[3] > 23 || part[4] > 59 || part[5] > 59) return false;
        const year_month_day date{year{static_cast<int>(part[0])}, month{part[1]}, day{part[2]}};
        if (!date.ok()) return false;
        value = sys_days{date} + hours{part[3]} + minutes{part[4]} + seconds{part[5]} + microseconds{part[6]};
        return true;
    }

    bool id(uuid& value)
    {
        if (rest_.size() < 38 || rest_[0] != '"' || rest_[37] != '"') return false;
        const auto parsed = parse_uuid(rest_.substr(1, 36));
        if (!parsed) return false;
        value = *parsed;
        rest_.remove_prefix(38);
        return true;
    }

    bool optional_id(std::optional<uuid>& value)
    {
        if (literal("null")) return true;
        uuid present{};
        if (!id(present)) return false;
        value = present;
        return true;
    }

    bool hex(digest& value)
    {
        if (!read_lower_hex(rest_.substr(0, 2 * value.size()), value)) return false;
        rest_.remove_prefix(2 * value.size());
        return true;
    }

    // What stands between quotes, as append_json_text writes it.
    bool text(std::string_view& value)
    {
        if (!literal("\"")) return false;
        std::size_t at = 0;
        while (at < rest_.size() && rest_[at] != '"') {
            const std::size_t length = is_plain_json(rest_[at]) ? 1 : character_length(rest_.substr(at));
            if (length == 0) return false;
            at += length;
        }
        if (at == rest_.size()) return false;
        value = rest_.substr(0, at);
        rest_.remove_prefix(at + 1);
        return true;
    }

    bool object(std::string_view& value)
    {
        const std::size_t length = object_length();
        value = rest_.substr(0, length);
        rest_.remove_prefix(length);
        return value == "{}" || (length != 0 && parse_json_object(value).has_value());
    }

private:
    bool digits(std::size_t count, unsigned& value)
    {
        if (rest_.size() < count) return false;
        value = 0;
        for (const char c : rest_.substr(0, count)) {
            if (c < '0' || c > '9') return false;
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        rest_.remove_prefix(count);
        return true;
    }

    static std::size_t character_length(std::string_view at) noexcept
    {
        const auto first = static_cast<unsigned char>(at[0]);
        if (first < 0x20) return 0;
        if (first >= 0x80) return utf8_sequence_length(at);
        if (first != '\\') return 1;
        if (at.size() >= 2 && (at[1] == '"' || at[1] == '\\')) return 2;
        if (at.size() < 6 || at[1] != 'u') return 0;
        for (const char digit : at.substr(2, 4))
            if (lower_hex_value(digit) < 0) return 0;
        return 6;
    }

    // Up to the brace that closes the one at the front; 0 without. Whether it is JSON is not checked.
    std::size_t object_length() const noexcept
    {
        std::size_t depth = 0;
        for (std::size_t at = 0; at < rest_.size(); ++at) {
            const char c = rest_[at];
            if (c == '"')
                at = end_of_text(at);
            else if (c == '{')
                ++depth;
            else if (c == '}' && --depth == 0)
                return at + 1;
            if (depth == 0) return 0;
        }
        return 0;
    }

    // Where the quote stands that closes the one at `at`; the end without.
    std::size_t end_of_text(std::size_t at) const noexcept
    {
        for (++at; at < rest_.size() && rest_[at] != '"'; ++at)
            if (rest_[at] == '\\') ++at;
        return at;
    }

    std::string_view rest_;
};

bool scan_actor(scanner& scan, audit_line& line)
{
    if (scan.literal("null")) return true;
    return scan.literal(R"({"id":)") && scan.optional_id(line.actor) && scan.literal(R"(,"username":)") &&
           scan.text(line.actor_username) && scan.literal(R"(,"email":)") && scan.text(line.actor_email) &&
           scan.literal(R"(,"key":)") && scan.text(line.actor_key) && scan.literal("}");
}

bool scan_resource(scanner& scan, audit_line& line)
{
    return scan.literal(R"({"type":)") && scan.text(line.resource_type) && scan.literal(R"(,"id":)") &&
           scan.optional_id(line.resource_id) && scan.literal(R"(,"target":)") &&
           scan.text(line.resource_target) && scan.literal("}");
}

bool scan_origin(scanner& scan, audit_line& line)
{
    return scan.literal(R"(,"request_id":)") && scan.id(line.request_id) && scan.literal(R"(,"address":)") &&
           scan.text(line.address) && scan.literal(R"(,"user_agent":)") && scan.text(line.user_agent);
}

// What an audit_text holds.
bool scan_entry(scanner& scan, audit_line& line)
{
    return scan.literal(R"("time":")") && scan.time(line.time) && scan.literal(R"(","id":)") &&
           scan.id(line.id) && scan.literal(R"(,"actor":)") && scan_actor(scan, line) &&
           scan.literal(R"(,"action":)") && scan.text(line.action) && scan.literal(R"(,"resource":)") &&
           scan_resource(scan, line) && scan.literal(R"(,"outcome":)") && scan.text(line.outcome) &&
           scan.literal(R"(,"status":)") && scan.number(line.status) && scan_origin(scan, line) &&
           scan.literal(R"(,"diff":)") && scan.object(line.diff) &&
           scan.literal(R"(,"additional_fields":)") && scan.object(line.additional_fields);
}

bool scan_seq(scanner& scan, audit_line& line)
{
    return scan.literal(R"({"seq":)") && scan.number(line.link.seq) && line.link.seq != 0 &&
           scan.literal(",");
}

} // namespace

std::optional<audit_line> scan_audit_line(std::string_view text)
{
    if (text.size() > audit_line_limit) return std::nullopt;

    audit_line line;
    scanner scan{text};
    const bool is_whole = scan_seq(scan, line) && scan_entry(scan, line) && scan.literal(R"(,"prev":")") &&
                          scan.hex(line.link.prev) && scan.literal(R"("})") && scan.at_end();
    if (!is_whole) return std::nullopt;
    return line;
}

std::optional<audit_line> scan_unchained_line(std::string_view text)
{
    if (text.size() > audit_line_limit) return std::nullopt;

    audit_line line;
    scanner scan{text};
    const bool is_whole = scan.literal("{") && scan_entry(scan, line) && scan.literal("}") && scan.at_end();
    if (!is_whole) return std::nullopt;
    return line;
}

audit_facts facts_of(const audit_line& line) noexcept
{
    return {line.time,
            line.id,
            line.actor_username,
            line.actor_email,
            line.action,
            line.resource_type,
            line.resource_id,
            line.resource_target,
            line.request_id};
}

audit_entry to_entry(const audit_line& line)
{
    audit_entry entry;
    entry.id = line.id;
    entry.time = line.time;
    entry.actor = line.actor;
    entry.actor_username = unescape_json_text(line.actor_username);
    entry.actor_email = unescape_json_text(line.actor_email);
    entry.actor_key = unescape_json_text(line.actor_key);
    entry.action = unescape_json_text(line.action);
    entry.resource_type = unescape_json_text(line.resource_type);
    entry.resource_id = line.resource_id;
    entry.resource_target = unescape_json_text(line.resource_target);
    entry.outcome = unescape_json_text(line.outcome);
    entry.status = line.status;
    entry.request_id = line.request_id;
    entry.address = unescape_json_text(line.address);
    entry.user_agent = unescape_json_text(line.user_agent);
    if (line.diff != "{}") entry.diff = line.diff;
    // The scan has seen that it is an object.
    entry.additional_fields = parse_json_object(line.additional_fields).value_or(boost::json::object{});
    return entry;
}

} // namespace latchkey
