#include "storage/redis_layout.hpp"

#include "storage/lower_case.hpp"

#include <algorithm>

namespace latchkey::redis_layout {
namespace {

std::string tagged(std::string_view tag, std::string_view what, std::size_t more)
{
    std::string made;
    made.reserve(5 + tag.size() + what.size() + more);
    made += "lk:{";
    made += tag;
    made += '}';
    made += what;
    return made;
}

std::string of_key(const key_id& id, std::string_view what)
{
    std::string made = tagged(tag_of(id), what, key_id::length);
    made += id.view();
    return made;
}

// Ends at 2286, when the count of microseconds gets a digit more.
std::string sixteen_digits(time_point when)
{
    std::string digits = std::to_string(std::max<std::int64_t>(0, when.time_since_epoch().count()));
    if (digits.size() < 16) digits.insert(0, 16 - digits.size(), '0');
    return digits;
}

} // namespace

std::string_view tag_of(const key_id& id) noexcept
{
    return id.view().substr(0, id_tag_length);
}

std::string key(const key_id& id)
{
    return of_key(id, ":key:");
}

subject subject_of(std::string_view redis_key) noexcept
{
    constexpr std::string_view begin = "lk:{";
    constexpr std::string_view middle = "}:";
    constexpr std::size_t head = begin.size() + id_tag_length + middle.size();
    const bool is_tagged = redis_key.starts_with(begin) && redis_key.substr(0, head).ends_with(middle) &&
                           redis_key.size() > head;
    if (!is_tagged) return {};
    const std::string_view what = redis_key.substr(head);
    if (what == "owners") return {.owners_of = redis_key.substr(begin.size(), id_tag_length)};
    for (const std::string_view kind : {"key:", "meta:"}) {
        if (what.starts_with(kind)) return {.key = key_id::parse(what.substr(kind.size()))};
    }
    return {};
}

std::string meta(const key_id& id)
{
    return of_key(id, ":meta:");
}

std::string used(const key_id& id)
{
    return of_key(id, ":used:");
}

std::string gone(const key_id& id)
{
    return of_key(id, ":gone:");
}

std::string name(std::string_view tag, const uuid& owner, std::string_view text)
{
    std::string made = tagged(tag, ":name:", 37 + text.size());
    append_uuid(made, owner);
    made += ':';
    made += text;
    return made;
}

std::string keys(std::string_view tag, const uuid& owner)
{
    std::string made = tagged(tag, ":keys:", 36);
    append_uuid(made, owner);
    return made;
}

std::string owners(std::string_view tag)
{
    return tagged(tag, ":owners", 0);
}

std::string place_of(const key_record& key)
{
    std::string place = sixteen_digits(key.created_at);
    place += ' ';
    place += key.id.view();
    place += key.login == login_type::token ? 't' : 's';
    return place;
}

std::string place_of(const user& one)
{
    std::string place = lower_case(one.username);
    place += '\0'; // below every character of a name, so that "al" comes before "al-2"
    append_uuid(place, one.id);
    return place;
}

time_point end_of_retention(time_point expires_at, microseconds retention) noexcept
{
    constexpr std::chrono::hours as_good_as_ever{24 * 36'525};
    const microseconds kept = retention > retention.zero() ? retention : microseconds{as_good_as_ever};
    return expires_at > time_point::max() - kept ? time_point::max() : expires_at + kept;
}

std::int64_t milliseconds_of(time_point when) noexcept
{
    return std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

} // namespace latchkey::redis_layout
