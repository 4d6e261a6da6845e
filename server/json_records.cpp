#include "auth/role_names.hpp"
#include "auth/scope.hpp"
#include "auth/time_text.hpp"
#include "server/json_bodies.hpp"
#include "server/json_writer.hpp"
#include "storage/audit_json.hpp"

#include <boost/json/value.hpp>

#include <utility>

namespace latchkey {
namespace {

constexpr std::string_view no_uuid = "00000000-0000-0000-0000-000000000000";

void append_time(json_object_writer& out, std::string_view name, time_point when)
{
    std::string& text = out.field(name);
    text += '"';
    append_rfc3339(text, when);
    text += '"';
}

void append_id(json_object_writer& out, std::string_view name, const uuid& id)
{
    std::string& text = out.field(name);
    text += '"';
    append_uuid(text, id);
    text += '"';
}

void append_object(json_object_writer& out, std::string_view name, const boost::json::object& members)
{
    std::string text = go_json(members);
    text.pop_back(); // the newline
    out.raw(name, text);
}

void append_key_fields(json_object_writer& out, const key_listing& listing)
{
    const key_record& key = listing.key;
    out.text("id", key.id.view());
    append_id(out, "user_id", key.owner);
    append_time(out, "last_used", listing.last_used);
    append_time(out, "expires_at", key.expires_at);
    append_time(out, "created_at", key.created_at);
    append_time(out, "updated_at", key.created_at); // nothing changes it (contract 1.5)
    out.text("login_type", to_string(key.login));
    out.text("scope", legacy_scope_view(key.rights->scopes));
    out.texts("scopes", key.rights->scopes);
    out.text("token_name", key.name);
    out.number("lifetime_seconds", key.lifetime.count());
    out.texts("allow_list", key.rights->allow_list);
}

void append_roles(json_object_writer& out, role_set roles)
{
    std::string& text = out.field("roles");
    char before = '[';
    for (const site_role& shown : site_roles) {
        if (!roles.has(shown.which)) continue;
        text += std::exchange(before, ',');
        json_object_writer{text}.text("name", shown.name).text("display_name", shown.display_name).finish();
    }
    text += before == '[' ? "[]" : "]";
}

// The verb of the sentence the page builds from the entry (contract 7.2).
std::string_view past_tense(std::string_view action) noexcept
{
    constexpr std::pair<std::string_view, std::string_view> verbs[] = {
        {"create", "created"},
        {"write", "updated"},
        {"delete", "deleted"},
        {"login", "logged in"},
        {"logout", "logged out"},
        {"register", "registered"},
        {"read", "read"},
        {"verify", "verified"},
    };
    for (const auto& [verb, past] : verbs)
        if (verb == action) return past;
    return action;
}

std::string description(const audit_entry& entry)
{
    std::string text = "{user} ";
    if (entry.status >= 400)
        text.append("unsuccessfully attempted to ").append(entry.action);
    else
        text.append(past_tense(entry.action));
    const bool is_key = entry.resource_type == "api_key";
    if (is_key && (entry.action == "login" || entry.action == "logout" || entry.action == "register"))
        return text;
    std::string thing = is_key ? "token" : entry.resource_type;
    for (char& c : thing)
        if (c == '_') c = ' ';
    return text.append(" ").append(thing).append(" {target}");
}

// The account as it is now; what the entry itself kept of it when there is none any more.
void append_actor(json_object_writer& out, const audit_entry& entry, const user* actor)
{
    std::string& text = out.field("user");
    if (actor) {
        append_user(text, *actor);
    } else if (entry.actor) {
        json_object_writer known{text};
        append_id(known, "id", *entry.actor);
        known.text("username", entry.actor_username).text("email", entry.actor_email).finish();
    } else {
        text += "null";
    }
}

} // namespace

void append_key(std::string& out, const key_listing& listing)
{
    json_object_writer key{out};
    append_key_fields(key, listing);
    key.finish();
}

void append_listed_token(std::string& out, const key_listing& listing)
{
    json_object_writer key{out};
    append_key_fields(key, listing);
    key.text("username", listing.username).finish();
}

void append_user(std::string& out, const user& shown)
{
    json_object_writer account{out};
    append_id(account, "id", shown.id);
    account.text("username", shown.username).text_unless_empty("name", shown.name).text("email", shown.email);
    append_time(account, "created_at", shown.created_at);
    append_time(account, "updated_at", shown.updated_at);
    append_time(account, "last_seen_at", shown.last_seen_at);
    account.text("status", to_string(shown.status)).text("login_type", to_string(shown.login));
    if (shown.is_service_account) account.boolean("is_service_account", true);
    account.raw("organization_ids", "[]"); // contract A8
    append_roles(account, shown.roles);
    account.boolean("has_ai_seat", false).finish();
}

void append_audit_entry(std::string& out, const audit_entry& entry, const user* actor, bool is_deleted)
{
    json_object_writer line{out};
    append_id(line, "id", entry.id);
    append_id(line, "request_id", entry.request_id);
    append_time(line, "time", entry.time);
    line.text("ip", entry.address).text("user_agent", entry.user_agent);
    line.text("resource_type", entry.resource_type);
    append_id(line, "resource_id", entry.resource_id.value_or(uuid{}));
    line.text("resource_target", entry.resource_target)
        .text("resource_icon", "")
        .text("action", entry.action);
    append_object(line, "diff", parse_json_object(entry.diff).value_or(boost::json::object{}));
    line.number("status_code", entry.status);
    append_object(line, "additional_fields", entry.additional_fields);
    line.text("description", description(entry)).text("resource_link", "").boolean("is_deleted", is_deleted);
    line.text("organization_id", no_uuid);
    append_actor(line, entry, actor);
    line.finish();
}

} // namespace latchkey
