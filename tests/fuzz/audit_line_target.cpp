// Lines of the audit log in both directions: a line that is read is written again as the same entry, and
// whatever an entry holds makes one line that can be read.
#include "storage/audit_json.hpp"
#include "storage/audit_line.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

namespace latchkey::fuzz {
namespace {

void read_line(std::string_view text)
{
    const auto line = scan_audit_line(text);
    if (!line) return;
    MUST(text.find('\n') == std::string_view::npos && is_utf8(text));
    std::string again;
    append_audit_line(again, audit_text{to_entry(*line)}, line->link);
    const auto second = scan_audit_line(again);
    MUST(second.has_value());
    // From here on nothing may change any more.
    std::string third;
    append_audit_line(third, audit_text{to_entry(*second)}, second->link);
    MUST(third == again);
}

void write_entry(choices from)
{
    audit_entry entry;
    entry.time = time_point{microseconds{static_cast<std::int64_t>(from.byte()) << 40}};
    entry.status = from.byte();
    if (from.byte() % 2 != 0) entry.actor = uuid{};
    for (std::string* field : {&entry.action,
                               &entry.outcome,
                               &entry.resource_type,
                               &entry.actor_username,
                               &entry.actor_email,
                               &entry.actor_key,
                               &entry.address,
                               &entry.resource_target})
        *field = from.text(from.byte());
    boost::json::object diff;
    diff[from.text(from.byte())] = {{"old", from.text(from.byte())}, {"new", from.byte()}, {"secret", false}};
    append_json_object(entry.diff, diff);
    entry.user_agent = from.rest();
    entry.additional_fields["rest"] = from.rest();

    const audit_text text{entry};
    std::string line;
    append_audit_line(line, text, {.seq = 7});
    MUST(line.size() <= audit_line_limit);
    const auto read = scan_audit_line(line);
    MUST(read && read->link.seq == 7 && read->time == entry.time && read->status == entry.status);
    MUST(text.facts() == facts_of(*read));
    MUST(scan_unchained_line(unchained_line(text)).has_value());
}

} // namespace

void play_audit_line(std::string_view input)
{
    read_line(input);
    if (const auto line = scan_unchained_line(input)) (void)to_entry(*line);
    write_entry(choices{input});
}

} // namespace latchkey::fuzz
