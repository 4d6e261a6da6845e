#include "auth/audit_diff.hpp"

#include "auth/role_names.hpp"
#include "auth/time_text.hpp"
#include "storage/audit_json.hpp"

#include <string_view>
#include <utility>

namespace latchkey {
namespace {

constexpr std::size_t usual_size = 640; // of the diff of a new key

class diff_writer {
public:
    // Both sides are JSON, and left out when empty; the field is, if nothing changed.
    void add(std::string_view field, std::string_view before, std::string_view after)
    {
        if (before == after) return;
        begin(field);
        if (!before.empty()) text_.append(R"("old":)").append(before).append(",");
        if (!after.empty()) text_.append(R"("new":)").append(after).append(",");
        end();
    }

    // Of one side, whose value `append_value` appends to the text it is given: half the instructions of the
    // diff of a new key (./dev bench create). Nothing: the field is left out.
    template <class Append>
    void add_one(std::string_view field, std::string_view side, Append append_value)
    {
        const std::size_t start = text_.size();
        begin(field);
        text_.append(side);
        const std::size_t value = text_.size();
        append_value(text_);
        if (text_.size() == value) return text_.resize(start);
        text_ += ',';
        end();
    }

    void reserve(std::size_t bytes) { text_.reserve(bytes); }

    std::string finish() &&
    {
        if (!text_.empty()) text_ += '}';
        return std::move(text_);
    }

private:
    void begin(std::string_view field)
    {
        text_ += text_.empty() ? R"({")" : R"(,")";
        text_.append(field).append(R"(":{)");
    }

    void end() { text_ += R"("secret":false})"; }

    std::string text_;
};

// What follows appends values: JSON, nothing where there is nothing to show.

void append_text(std::string& out, std::string_view text)
{
    if (!text.empty()) append_json_text(out, text);
}

template <class Texts>
void append_list(std::string& out, const Texts& texts)
{
    char separator = '[';
    for (const auto& text : texts) {
        out += std::exchange(separator, ',');
        append_json_text(out, std::string_view{text});
    }
    if (separator != '[') out += ']';
}

void append_id(std::string& out, const uuid& id)
{
    out += '"';
    append_uuid(out, id);
    out += '"';
}

// A key that was never used was used in 1970, as in its JSON (contract 1.5).
void append_use(std::string& out, time_point when)
{
    out += '"';
    append_rfc3339(out, when);
    out += '"';
}

void append_time(std::string& out, time_point when)
{
    if (when != time_point{}) append_use(out, when); // never
}

std::string text_value(std::string_view text)
{
    std::string json;
    append_text(json, text);
    return json;
}

template <class Texts>
std::string list_value(const Texts& texts)
{
    std::string json;
    append_list(json, texts);
    return json;
}

std::string time_value(time_point when)
{
    std::string json;
    append_time(json, when);
    return json;
}

std::string bool_value(bool is_so)
{
    return is_so ? "true" : "false";
}

// The diff of a record that is new or gone has one side only.
constexpr std::string_view old_side{R"("old":)"};
constexpr std::string_view new_side{R"("new":)"};

std::string diff_of_key(const key_record& key, time_point last_used, std::string_view side)
{
    diff_writer diff;
    diff.reserve(usual_size);
    diff.add_one("user_id", side, [&](std::string& out) { append_id(out, key.owner); });
    diff.add_one("created_at", side, [&](std::string& out) { append_time(out, key.created_at); });
    diff.add_one("expires_at", side, [&](std::string& out) { append_time(out, key.expires_at); });
    diff.add_one(
        "lifetime_seconds", side, [&](std::string& out) { out += std::to_string(key.lifetime.count()); });
    diff.add_one("scopes", side, [&](std::string& out) { append_list(out, key.rights->scopes); });
    diff.add_one("allow_list", side, [&](std::string& out) { append_list(out, key.rights->allow_list); });
    diff.add_one("token_name", side, [&](std::string& out) { append_text(out, key.name.view()); });
    diff.add_one("last_used", side, [&](std::string& out) { append_use(out, last_used); });
    return std::move(diff).finish();
}

} // namespace

std::string diff_of_created(const key_record& key)
{
    return diff_of_key(key, time_point{}, new_side);
}

std::string diff_of_deleted(const key_listing& gone)
{
    return diff_of_key(gone.key, gone.last_used, old_side);
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
    const auto add_text = [&](std::string_view field, std::string_view text) {
        diff.add_one(field, new_side, [text](std::string& out) { append_text(out, text); });
    };
    add_text("username", account.username);
    add_text("email", account.email);
    add_text("name", account.name);
    add_text("status", to_string(account.status));
    add_text("login_type", to_string(account.login));
    diff.add_one("roles", new_side, [&](std::string& out) { append_list(out, names_of(account.roles)); });
    if (account.is_service_account)
        diff.add_one("is_service_account", new_side, [](std::string& out) { out += "true"; });
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
