#include "auth/audit_diff.hpp"

#include "auth/role_names.hpp"
#include "auth/time_text.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>

#include <utility>

namespace latchkey {
namespace {

namespace json = boost::json;

bool is_empty(const json::value& value) noexcept
{
    if (value.is_null()) return true;
    if (const auto* text = value.if_string()) return text->empty();
    if (const auto* list = value.if_array()) return list->empty();
    return false;
}

// Both sides are left out when empty.
void add(json::object& diff, std::string_view field, json::value before, json::value after)
{
    if (before == after || (is_empty(before) && is_empty(after))) return;
    json::object change;
    if (!is_empty(before)) change["old"] = std::move(before);
    if (!is_empty(after)) change["new"] = std::move(after);
    change["secret"] = false;
    diff[field] = std::move(change);
}

template <class Texts>
json::value list_of(const Texts& texts)
{
    json::array list;
    for (const auto& text : texts)
        list.emplace_back(std::string_view{text});
    return list;
}

json::value time_of(time_point when)
{
    if (when == time_point{}) return nullptr; // never
    return json::value_from(rfc3339_text(when));
}

// A key that was never used was used in 1970, as in its JSON (contract 1.5).
json::value use_of(time_point when)
{
    return json::value_from(rfc3339_text(when));
}

struct shown_field {
    std::string_view name;
    json::value value;
};

std::vector<shown_field> fields_of(const key_record& key)
{
    std::vector<shown_field> fields;
    fields.push_back({"user_id", json::value_from(to_string(key.owner))});
    fields.push_back({"created_at", time_of(key.created_at)});
    fields.push_back({"expires_at", time_of(key.expires_at)});
    fields.push_back({"lifetime_seconds", json::value_from(key.lifetime.count())});
    fields.push_back({"scopes", list_of(key.rights->scopes)});
    fields.push_back({"allow_list", list_of(key.rights->allow_list)});
    fields.push_back({"token_name", json::value_from(key.name.view())});
    return fields;
}

} // namespace

json::object diff_of_created(const key_record& key)
{
    json::object diff;
    for (shown_field& field : fields_of(key))
        add(diff, field.name, nullptr, std::move(field.value));
    add(diff, "last_used", nullptr, use_of(time_point{}));
    return diff;
}

json::object diff_of_deleted(const key_listing& gone)
{
    json::object diff;
    for (shown_field& field : fields_of(gone.key))
        add(diff, field.name, std::move(field.value), nullptr);
    add(diff, "last_used", use_of(gone.last_used), nullptr);
    return diff;
}

json::object diff_of_expired(time_point before, time_point after)
{
    json::object diff;
    add(diff, "expires_at", time_of(before), time_of(after));
    return diff;
}

json::object diff_of_created(const user& account)
{
    json::object diff;
    add(diff, "username", nullptr, json::value_from(account.username));
    add(diff, "email", nullptr, json::value_from(account.email));
    add(diff, "name", nullptr, json::value_from(account.name));
    add(diff, "status", nullptr, json::value_from(to_string(account.status)));
    add(diff, "login_type", nullptr, json::value_from(to_string(account.login)));
    add(diff, "roles", nullptr, list_of(names_of(account.roles)));
    if (account.is_service_account) add(diff, "is_service_account", nullptr, true);
    return diff;
}

json::object diff_of_changed(const user& before, const user& after)
{
    json::object diff;
    add(diff,
        "status",
        json::value_from(to_string(before.status)),
        json::value_from(to_string(after.status)));
    add(diff, "roles", list_of(names_of(before.roles)), list_of(names_of(after.roles)));
    if (before.is_deleted != after.is_deleted) add(diff, "deleted", before.is_deleted, after.is_deleted);
    return diff;
}

json::object diff_of_new_password()
{
    json::object change;
    change["secret"] = true;
    json::object diff;
    diff["hashed_password"] = std::move(change);
    return diff;
}

} // namespace latchkey
