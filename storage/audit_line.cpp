#include "storage/audit_line.hpp"

#include "storage/audit_json.hpp"
#include "storage/digit_pairs.hpp"
#include "storage/hex_text.hpp"

#include <algorithm>

namespace latchkey {
namespace {

constexpr std::size_t text_limit = 1024;
constexpr std::size_t usual_entry_bytes = 520; // without what may be long
constexpr std::size_t object_limit = 16 * 1024;

// Years that have four digits.
time_point within_calendar(time_point time)
{
    using namespace std::chrono;
    const time_point least = sys_days{year{0} / 1 / 1};
    const time_point greatest = time_point{sys_days{year{10000} / 1 / 1}} - microseconds{1};
    return std::clamp(time, least, greatest);
}

// RFC 3339, always 27 characters.
void append_time(std::string& out, time_point time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date{day};
    const auto within = static_cast<std::uint64_t>((time - day).count());
    const auto year = static_cast<std::uint32_t>(static_cast<int>(date.year()));
    char text[] = "0000-00-00T00:00:00.000000Z";
    write_digit_pair(text, year / 100);
    write_digit_pair(text + 2, year % 100);
    write_digit_pair(text + 5, static_cast<unsigned>(date.month()));
    write_digit_pair(text + 8, static_cast<unsigned>(date.day()));
    write_time_of_day(text + 10, 'T', within);
    out.append(text, sizeof text - 1);
}

void append_id(std::string& out, const std::optional<uuid>& id)
{
    if (!id) {
        out += "null";
        return;
    }
    char text[uuid_length + 2] = {'"'};
    write_uuid(text + 1, *id);
    text[uuid_length + 1] = '"';
    out.append(text, sizeof text);
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
    : time_{within_calendar(entry.time)},
      id_{entry.id},
      resource_id_{entry.resource_id},
      request_id_{entry.request_id}
{
    std::string& out = members_;
    out.reserve(usual_entry_bytes + entry.diff.size() + entry.user_agent.size());
    out += R"("time":")";
    append_time(out, time_);
    out += R"(","id":)";
    append_id(out, id_);
    append_actor(entry);
    action_ = append_text(R"(,"action":)", entry.action);
    resource_type_ = append_text(R"(,"resource":{"type":)", entry.resource_type);
    out += R"(,"id":)";
    append_id(out, resource_id_);
    resource_target_ = append_text(R"(,"target":)", entry.resource_target);
    append_text(R"(},"outcome":)", entry.outcome);
    out += R"(,"status":)";
    out += std::to_string(std::clamp(entry.status, 0, 999));
    out += R"(,"request_id":)";
    append_id(out, request_id_);
    append_text(R"(,"address":)", entry.address);
    append_text(R"(,"user_agent":)", entry.user_agent);
    append_objects(out, entry);
}

// Where the text stands, without its quotes.
audit_text::extent audit_text::append_text(std::string_view name, std::string_view text)
{
    members_ += name;
    const std::size_t quote = members_.size();
    append_json_text(members_, text, text_limit);
    return {static_cast<std::uint32_t>(quote + 1), static_cast<std::uint32_t>(members_.size() - quote - 2)};
}

void audit_text::append_actor(const audit_entry& entry)
{
    members_ += R"(,"actor":)";
    if (!entry.actor && entry.actor_username.empty() && entry.actor_email.empty() &&
        entry.actor_key.empty()) {
        members_ += "null";
        return;
    }
    members_ += R"({"id":)";
    append_id(members_, entry.actor);
    actor_username_ = append_text(R"(,"username":)", entry.actor_username);
    actor_email_ = append_text(R"(,"email":)", entry.actor_email);
    append_text(R"(,"key":)", entry.actor_key);
    members_ += '}';
}

audit_facts audit_text::facts() const noexcept
{
    return {time_,
            id_,
            at(actor_username_),
            at(actor_email_),
            at(action_),
            at(resource_type_),
            resource_id_,
            at(resource_target_),
            request_id_};
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
