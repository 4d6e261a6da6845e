#include "auth/audit_diff.hpp"

#include "auth/role_names.hpp"
#include "auth/time_text.hpp"
#include "storage/audit_json.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t usual_size = 640; // of the diff of a new key

class diff_writer {
public:
    diff_writer() { text_.reserve(usual_size); }

    // Both sides are JSON, and left out when empty; the field is, if nothing changed.
    void add(std::string_view field, std::string_view before, std::string_view after)
    {
        if (before == after) return;
        text_ += text_.empty() ? R"({")" : R"(,")";
        text_.append(field).append(R"(":{)");
        if (!before.empty()) text_.append(R"("old":)").append(before).append(",");
        if (!after.empty()) text_.append(R"("new":)").append(after).append(",");
        text_ += R"("secret":false})";
    }

    std::string finish() &&
    {
        if (!text_.empty()) text_ += '}';
        return std::move(text_);
    }

private:
    std::string text_;
};

// What follows makes values: JSON, empty where there is nothing to show.

std::string text_value(std::string_view text)
{
    std::string json;
    if (!text.empty()) append_json_text(json, text);
    return json;
}

template <class Texts>
std::string list_value(const Texts& texts)
{
    std::string json;
    for (const auto& text : texts) {
        json += json.empty() ? '[' : ',';
        append_json_text(json, std::string_view{text});
    }
    if (!json.empty()) json += ']';
    return json;
}

std::string bool_value(bool is_so)
{
    return is_so ? "true" : "false";
}

// A key that was never used was used in 1970, as in its JSON (contract 1.5).
std::string use_value(time_point when)
{
    return text_value(to_rfc3339(when).view());
}

std::string time_value(time_point when)
{
    if (when == time_point{}) return {}; // never
    return use_value(when);
}

struct shown_field {
    std::string_view name;
    std::string value;
};

std::array<shown_field, 7> fields_of(const key_record& key)
{
    return {{{"user_id", text_value(to_string(key.owner))},
             {"created_at", time_value(key.created_at)},
             {"expires_at", time_value(key.expires_at)},
             {"lifetime_seconds", std::to_string(key.lifetime.count())},
             {"scopes", list_value(key.rights->scopes)},
             {"allow_list", list_value(key.rights->allow_list)},
             {"token_name", text_value(key.name.view())}}};
}

} // namespace

std::string diff_of_created(const key_record& key)
{
    diff_writer diff;
    for (const shown_field& field : fields_of(key))
        diff.add(field.name, {}, field.value);
    diff.add("last_used", {}, use_value(time_point{}));
    return std::move(diff).finish();
}

std::string diff_of_deleted(const key_listing& gone)
{
    diff_writer diff;
    for (const shown_field& field : fields_of(gone.key))
        diff.add(field.name, field.value, {});
    diff.add("last_used", use_value(gone.last_used), {});
    return std::move(diff).finish();
}

std::string diff_of_expired(time_point before, time_point after)
{
    diff_writer diff;
    diff.add("expires_at", time_value(before), time_value(after));
    return std::move(diff).finish();
}

std::string diff_of_created(const user& account)
{
    diff_writer diff;
    diff.add("username", {}, text_value(account.username));
    diff.add("email", {}, text_value(account.email));
    diff.add("name", {}, text_value(account.name));
    diff.add("status", {}, text_value(to_string(account.status)));
    diff.add("login_type", {}, text_value(to_string(account.login)));
    diff.add("roles", {}, list_value(names_of(account.roles)));
    if (account.is_service_account) diff.add("is_service_account", {}, bool_value(true));
    return std::move(diff).finish();
}

std::string diff_of_changed(const user& before, const user& after)
{
    diff_writer diff;
    diff.add("status", text_value(to_string(before.status)), text_value(to_string(after.status)));
    diff.add("roles", list_value(names_of(before.roles)), list_value(names_of(after.roles)));
    diff.add("deleted", bool_value(before.is_deleted), bool_value(after.is_deleted));
    return std::move(diff).finish();
}

std::string diff_of_new_password()
{
    return R"({"hashed_password":{"secret":true}})";
}

} // namespace latchkey
