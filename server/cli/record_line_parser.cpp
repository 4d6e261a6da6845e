#include "auth/allow_list.hpp"
#include "auth/base64.hpp"
#include "auth/crypto.hpp"
#include "auth/key_minting.hpp"
#include "auth/names.hpp"
#include "auth/policy.hpp"
#include "auth/role_names.hpp"
#include "auth/scope.hpp"
#include "auth/time_text.hpp"
#include "auth/token.hpp"
#include "server/cli/record_lines.hpp"
#include "server/cli/text_table.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <set>

namespace latchkey::cli {
namespace {

namespace json = boost::json;

constexpr std::uint64_t largest_number = 1'000'000'000'000;

// What is wrong with a line: caught by parse_record_line alone.
struct line_fault {
    std::string text;
};

[[noreturn]] void refuse(std::string text)
{
    throw line_fault{std::move(text)};
}

// The fields of one record, each of which is taken once; what nobody took is not known.
class fields {
public:
    explicit fields(const json::object& from) : from_{from} {}

    std::optional<std::string> text(std::string_view name)
    {
        const json::value* const found = take(name);
        if (!found) return std::nullopt;
        if (!found->is_string()) refuse(in_quotes(name) + " is not a string");
        return std::string{found->get_string()};
    }

    std::string needed_text(std::string_view name)
    {
        auto found = text(name);
        if (!found || found->empty()) refuse(in_quotes(name) + " is missing");
        return std::move(*found);
    }

    bool flag(std::string_view name)
    {
        const json::value* const found = take(name);
        if (found && !found->is_bool()) refuse(in_quotes(name) + " is not true or false");
        return found && found->get_bool();
    }

    std::optional<std::uint64_t> number(std::string_view name)
    {
        const json::value* const found = take(name);
        if (!found) return std::nullopt;
        error_code ec;
        const auto value = found->to_number<std::uint64_t>(ec);
        if (ec || value > largest_number) refuse(in_quotes(name) + " is not a whole number");
        return value;
    }

    std::optional<std::vector<std::string>> texts(std::string_view name)
    {
        const json::value* const found = take(name);
        if (!found) return std::nullopt;
        std::vector<std::string> all;
        if (!found->is_array()) refuse(in_quotes(name) + " is not a list");
        for (const json::value& each : found->get_array()) {
            if (!each.is_string()) refuse(in_quotes(name) + " holds what is not a string");
            all.emplace_back(each.get_string());
        }
        return all;
    }

    std::optional<time_point> instant(std::string_view name)
    {
        const auto found = text(name);
        if (!found) return std::nullopt;
        const auto when = parse_rfc3339(*found);
        if (!when) refuse(in_quotes(name) + " is no instant such as 2026-11-27T17:38:49Z");
        return when;
    }

    void end() const
    {
        for (const auto& field : from_)
            if (!taken_.contains(field.key()))
                refuse("there is no field " + in_quotes(printable(field.key())));
    }

    static std::string in_quotes(std::string_view name) { return "`" + std::string{name} + "`"; }

private:
    const json::value* take(std::string_view name)
    {
        taken_.insert(std::string{name});
        const json::value* const found = from_.if_contains(name);
        return found && found->is_null() ? nullptr : found;
    }

    const json::object& from_;
    std::set<std::string, std::less<>> taken_;
};

template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> bytes_of_hex(std::string_view text)
{
    std::array<std::uint8_t, Size> bytes{};
    if (text.size() != 2 * Size) return std::nullopt;
    for (std::size_t at = 0; at < Size; ++at) {
        const char* const from = text.data() + 2 * at;
        if (std::from_chars(from, from + 2, bytes[at], 16).ptr != from + 2) return std::nullopt;
    }
    return bytes;
}

// As hex, or as base64 of either alphabet, padded or not: other systems keep hashes in all of these ways.
std::optional<digest> digest_of_text(std::string text)
{
    if (auto bytes = bytes_of_hex<std::tuple_size_v<digest>>(text)) return bytes;
    while (text.ends_with('='))
        text.pop_back();
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    const auto bytes = decode_base64(text);
    digest made{};
    if (!bytes || bytes->size() != made.size()) return std::nullopt;
    std::ranges::copy(*bytes, made.begin());
    return made;
}

export_header header_of(fields& from)
{
    export_header made;
    if (from.number("export") != 1) refuse("the file is of a version that this program does not know");
    made.at = from.instant("at").value_or(time_point{});
    if (const auto text = from.text("id_tag_key")) {
        made.id_tag_key = bytes_of_hex<std::tuple_size_v<siphash_key>>(*text);
        if (!made.id_tag_key) refuse("`id_tag_key` is not 32 hex digits");
    }
    return made;
}

user user_of(fields& from, time_point now)
{
    user made;
    const auto id = from.text("id");
    const auto known_id = id ? parse_uuid(*id) : random_uuid();
    if (!known_id) refuse("`id` is no UUID");
    if (*known_id == system_user_id) refuse("`id` is that of the system's own user");
    made.id = *known_id;
    made.username = from.needed_text("username");
    if (const auto wrong = username_fault(made.username)) refuse("`username`: " + std::string{*wrong});
    made.is_service_account = from.flag("service_account");
    made.login = made.is_service_account ? login_type::none : login_type::password;
    made.email = from.text("email").value_or("");
    if (made.is_service_account != made.email.empty() ||
        (!made.email.empty() && !is_email_address(made.email)))
        refuse("`email` is no address, or that of a service account");
    made.name = from.text("name").value_or("");
    if (const auto wrong = real_name_fault(made.name)) refuse("`name`: " + std::string{*wrong});
    made.password_hash = from.text("password_hash").value_or("");
    if (!made.password_hash.empty() && !made.password_hash.starts_with("$argon2id$"))
        refuse("`password_hash` is none of Argon2id; without one the user cannot log in until a password is "
               "set");
    const std::string status = from.text("status").value_or("active");
    if (status != "active" && status != "suspended") refuse("`status` is not active or suspended");
    made.status = status == "active" ? user_status::active : user_status::suspended;
    for (const std::string& name : from.texts("roles").value_or(std::vector<std::string>{})) {
        const auto known = parse_role(name);
        if (!known && name != "member") refuse("`roles` holds one that does not exist");
        if (known) made.roles.add(*known);
    }
    made.created_at = from.instant("created_at").value_or(now);
    made.updated_at = from.instant("updated_at").value_or(made.created_at);
    made.last_seen_at = from.instant("last_seen_at").value_or(time_point{});
    return made;
}

void take_secret(fields& from, const pepper_set& peppers, key_record& key)
{
    if (const auto token = from.text("token")) {
        const parsed_token parts = parse_token(*token);
        const auto id = key_id::parse(parts.id);
        if (!parts || !id) refuse("`token` is not of the form ID-SECRET, 10 and 22 characters of 0-9A-Za-z");
        key.id = *id;
        key.kind = peppers.current_kind();
        key.secret_digest = peppers.hash(parts.secret);
        return;
    }
    const auto id = key_id::parse(from.needed_text("id"));
    if (!id) refuse("`id` is not 10 characters of 0-9A-Za-z");
    key.id = *id;
    const auto hash = digest_of_text(from.needed_text("hash"));
    if (!hash) refuse("`hash` is no SHA-256 in hex or base64");
    key.secret_digest = *hash;
    const std::string kind = from.text("hash_kind").value_or("sha256");
    if (kind != "sha256" && kind != "hmac_sha256") refuse("`hash_kind` is not sha256 or hmac_sha256");
    key.kind = kind == "sha256" ? digest_kind::sha256 : digest_kind::hmac_sha256;
}

std::shared_ptr<const key_rights> rights_of(fields& from)
{
    key_rights made = unrestricted_rights();
    if (auto scopes = from.texts("scopes"); scopes && !scopes->empty()) {
        const bool are_known =
            std::ranges::all_of(*scopes, [](const std::string& name) { return expand(name).has_value(); });
        if (!are_known) refuse("`scopes` holds one that does not exist");
        made.scopes = std::move(*scopes);
    }
    std::vector<allow_entry> entries;
    for (const std::string& text : from.texts("allow_list").value_or(std::vector<std::string>{})) {
        const auto entry = parse_allow_entry(text);
        if (!entry) refuse("`allow_list`: " + entry.error().text);
        entries.push_back(*entry);
    }
    auto normal = normalise_allow_list(std::move(entries));
    if (!normal) refuse("`allow_list`: " + normal.error().text);
    made.allow_list = std::move(*normal);
    return std::make_shared<const key_rights>(std::move(made));
}

// `expires_at`, or `lifetime` from the creation on.
void take_times(fields& from, time_point now, key_record& key)
{
    key.created_at = from.instant("created_at").value_or(now);
    const auto lifetime = from.text("lifetime");
    const auto until = from.instant("expires_at");
    const auto seconds = from.number("lifetime_seconds");
    if (until) {
        key.expires_at = *until;
    } else if (lifetime) {
        const auto span = parse_duration(*lifetime);
        if (!span) refuse("`lifetime` is no duration such as 720h or 30d");
        key.expires_at = key.created_at + std::chrono::floor<microseconds>(*span);
    } else {
        refuse("neither `expires_at` nor `lifetime` is there");
    }
    key.lifetime = seconds ? std::chrono::seconds{*seconds}
                           : std::chrono::floor<std::chrono::seconds>(key.expires_at - key.created_at);
}

key_line key_of(fields& from, time_point now, const pepper_set& peppers)
{
    key_line made;
    take_secret(from, peppers, made.key);
    made.owner = from.needed_text("owner");
    const std::string login = from.text("login_type").value_or("token");
    if (login != "token" && login != "password") refuse("`login_type` is not token or password");
    made.key.login = login == "token" ? login_type::token : login_type::password;
    made.key.name = from.text("name").value_or("");
    if (made.key.login == login_type::token && made.key.name.empty()) {
        made.is_name_made = true;
        made.key.name = generate_token_name();
    }
    made.key.rights = rights_of(from);
    take_times(from, now, made.key);
    made.last_used = from.instant("last_used").value_or(time_point{});
    return made;
}

record_line record_of(std::string_view text, time_point now, const pepper_set& peppers)
{
    error_code ec;
    const json::value parsed = json::parse(text, ec);
    const json::object* const outer = ec ? nullptr : parsed.if_object();
    const json::object* const inner =
        outer && outer->size() == 1 ? outer->begin()->value().if_object() : nullptr;
    if (!inner) refuse(R"(it is no record such as {"key":{…}})");
    const std::string_view kind = outer->begin()->key();
    fields from{*inner};
    record_line made;
    if (kind == "user")
        made = user_of(from, now);
    else if (kind == "key")
        made = key_of(from, now, peppers);
    else if (kind == "latchkey")
        made = header_of(from);
    else if (kind == "end")
        made = export_end{from.number("users").value_or(0), from.number("keys").value_or(0)};
    else
        refuse("it is none of user, key, latchkey and end");
    from.end();
    return made;
}

} // namespace

checked<record_line> parse_record_line(std::string_view text, time_point now, const pepper_set& peppers)
{
    try {
        return record_of(text, now, peppers);
    } catch (line_fault& wrong) {
        return fault{std::move(wrong.text)};
    }
}

} // namespace latchkey::cli
