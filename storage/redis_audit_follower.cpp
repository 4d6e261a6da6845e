#include "storage/redis_audit_follower.hpp"

#include "storage/redis_layout.hpp"

#include <charconv>

namespace latchkey {
namespace {

// The value of a field of a stream's entry: [id, [name, value, name, value, ...]].
const std::string* field_of(const redis_reply& entry, std::string_view name)
{
    const auto& fields = entry.items[1].items;
    for (std::size_t at = 0; at + 1 < fields.size(); at += 2)
        if (fields[at].text == name) return &fields[at + 1].text;
    return nullptr;
}

} // namespace

redis_audit_follower::question redis_audit_follower::next() const
{
    const std::lock_guard hold{mutex_};
    redis_command command{"XRANGE"};
    command.key(redis_layout::audit_stream);
    // From the last one, not from behind it: that it is still there proves that nothing was missed. If Redis
    // was emptied, came back with less, or dropped it because there are so many newer ones, all is read
    // again.
    command.arg(last_.is_nil() ? "-" : std::string_view{last_.items[0].text}).arg("+");
    command.arg("COUNT").arg(static_cast<std::int64_t>(batch));
    return {std::move(command), reading_, last_};
}

redis_audit_follower::progress redis_audit_follower::take(const question& asked, const redis_reply& answer)
{
    if (!answer.is_array()) return progress::useless;
    const std::lock_guard hold{mutex_};
    if (asked.reading != reading_) return progress::more;
    if (!asked.after.is_nil() && (answer.items.empty() || answer.items.front() != asked.after)) {
        begin_anew();
        return progress::more;
    }
    for (const redis_reply& entry : answer.items)
        if (!take_entry(entry)) return progress::useless;
    return answer.items.size() < batch ? progress::reached : progress::more;
}

std::uint64_t redis_audit_follower::unreadable() const
{
    const std::lock_guard hold{mutex_};
    return unreadable_;
}

std::optional<redis_audit_follower::place> redis_audit_follower::place_of(const redis_reply& entry)
{
    if (entry.items.size() != 2 || !entry.items[1].is_array()) return std::nullopt;
    const std::string& id = entry.items[0].text;
    const char* const end = id.data() + id.size();
    place found;
    const auto [dash, first_ec] = std::from_chars(id.data(), end, found.first);
    if (first_ec != std::errc{} || dash == end || *dash != '-') return std::nullopt;
    const auto [rest, second_ec] = std::from_chars(dash + 1, end, found.second);
    if (second_ec != std::errc{} || rest != end) return std::nullopt;
    return found;
}

void redis_audit_follower::begin_anew()
{
    ++reading_;
    last_ = {};
    last_place_ = {};
    into_.drop_foreign();
}

bool redis_audit_follower::take_entry(const redis_reply& entry)
{
    const auto where = place_of(entry);
    if (!where) return false;
    if (*where <= last_place_) return true; // another answer brought it
    last_ = entry;
    last_place_ = *where;
    const std::string* const by = field_of(entry, redis_layout::audit_writer_field);
    if (by && *by == own_) return true;
    const std::string* const line = field_of(entry, redis_layout::audit_line_field);
    if (!line || !into_.add_foreign(*line)) ++unreadable_;
    return true;
}

} // namespace latchkey
