#include "storage/audit_line.hpp"

#include "storage/audit_json.hpp"
#include "storage/hex_text.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::size_t text_limit = 1024;
constexpr std::size_t usual_entry_bytes = 1500;
constexpr std::size_t object_limit = 16 * 1024;

void append_digits(std::string& out, std::uint64_t value, int width)
{
    const std::size_t end = out.size() + static_cast<std::size_t>(width);
    out.resize(end);
    for (std::size_t at = end; at != end - static_cast<std::size_t>(width); value /= 10)
        out[--at] = static_cast<char>('0' + value % 10);
}

// RFC 3339, always 27 characters.
void append_time(std::string& out, time_point time)
{
    using namespace std::chrono;
    const time_point least = sys_days{year{0} / 1 / 1};
    const time_point greatest = time_point{sys_days{year{10000} / 1 / 1}} - microseconds{1};
    time = std::clamp(time, least, greatest);

    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto within = static_cast<std::uint64_t>((time - day).count());
    append_digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_digits(out, within / 3'600'000'000, 2);
    out += ':';
    append_digits(out, within / 60'000'000 % 60, 2);
    out += ':';
    append_digits(out, within / 1'000'000 % 60, 2);
    out += '.';
    append_digits(out, within % 1'000'000, 6);
    out += 'Z';
}

void append_id(std::string& out, const std::optional<uuid>& id)
{
    if (!id) {
        out += "null";
        return;
    }
    out += '"';
    append_uuid(out, *id);
    out += '"';
}

void append_text_field(std::string& out, std::string_view name, std::string_view text)
{
    out += name;
    append_json_text(out, text, text_limit);
}

void append_actor(std::string& out, const audit_entry& entry)
{
    out += R"(,"actor":)";
    if (!entry.actor && entry.actor_username.empty() && entry.actor_email.empty() &&
        entry.actor_key.empty()) {
        out += "null";
        return;
    }
    out += R"({"id":)";
    append_id(out, entry.actor);
    append_text_field(out, R"(,"username":)", entry.actor_username);
    append_text_field(out, R"(,"email":)", entry.actor_email);
    append_text_field(out, R"(,"key":)", entry.actor_key);
    out += '}';
}

// What stands in `out` from `start` on is JSON of an object. Better an entry that says it is incomplete
// than none: a refused append would refuse the action.
void limit_object(std::string& out, std::size_t start)
{
    const std::size_t size = out.size() - start;
    if (size <= object_limit) return;
    out.resize(start);
    out += R"({"left_out_bytes":)" + std::to_string(size) + '}';
}

void append_objects(std::string& out, const audit_entry& entry)
{
    out += R"(,"diff":)";
    const std::size_t diff = out.size();
    out += entry.diff.empty() ? std::string_view{"{}"} : entry.diff;
    limit_object(out, diff);
    out += R"(,"additional_fields":)";
    const std::size_t fields = out.size();
    append_json_object(out, entry.additional_fields);
    limit_object(out, fields);
}

} // namespace

audit_text::audit_text(const audit_entry& entry)
{
    std::string& out = members_;
    out.reserve(usual_entry_bytes);
    out += R"("time":")";
    append_time(out, entry.time);
    out += R"(","id":)";
    append_id(out, entry.id);
    append_actor(out, entry);
    append_text_field(out, R"(,"action":)", entry.action);
    append_text_field(out, R"(,"resource":{"type":)", entry.resource_type);
    out += R"(,"id":)";
    append_id(out, entry.resource_id);
    append_text_field(out, R"(,"target":)", entry.resource_target);
    append_text_field(out, R"(},"outcome":)", entry.outcome);
    out += R"(,"status":)";
    out += std::to_string(std::clamp(entry.status, 0, 999));
    out += R"(,"request_id":)";
    append_id(out, entry.request_id);
    append_text_field(out, R"(,"address":)", entry.address);
    append_text_field(out, R"(,"user_agent":)", entry.user_agent);
    append_objects(out, entry);
}

void append_audit_line(std::string& out, const audit_text& entry, const audit_link& link)
{
    out += R"({"seq":)";
    out += std::to_string(link.seq);
    out += ',';
    out += entry.members();
    out += R"(,"prev":")";
    out += to_hex(link.prev);
    out += R"("})";
}

std::string unchained_line(const audit_text& entry)
{
    std::string line;
    line.reserve(entry.members().size() + 2);
    line += '{';
    line += entry.members();
    line += '}';
    return line;
}

} // namespace latchkey
