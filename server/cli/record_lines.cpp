// The writing half; the reading one is in record_line_parser.cpp.
#include "server/cli/record_lines.hpp"

#include "auth/role_names.hpp"
#include "auth/time_text.hpp"
#include "server/json_writer.hpp"
#include "storage/hex_text.hpp"

namespace latchkey::cli {
namespace {

void append_instant(json_object_writer& out, std::string_view name, time_point when)
{
    if (when != time_point{}) out.text(name, to_rfc3339(when).view());
}

// {"kind":{…}} and a newline; `fill` writes the inner fields.
template <class Fill>
std::string line_of(std::string_view kind, Fill fill)
{
    std::string line;
    json_object_writer outer{line};
    outer.field(kind);
    json_object_writer inner{line};
    fill(inner);
    inner.finish();
    outer.finish();
    line += '\n';
    return line;
}

} // namespace

std::string header_line(const export_header& header)
{
    return line_of("latchkey", [&](json_object_writer& out) {
        out.number("export", 1);
        append_instant(out, "at", header.at);
        if (header.id_tag_key) out.text("id_tag_key", to_hex(*header.id_tag_key));
    });
}

std::string user_line(const user& one)
{
    return line_of("user", [&](json_object_writer& out) {
        out.text("id", to_string(one.id)).text("username", one.username);
        out.text_unless_empty("email", one.email).text_unless_empty("name", one.name);
        out.text_unless_empty("password_hash", one.password_hash);
        if (one.is_service_account) out.boolean("service_account", true);
        out.text("status", to_string(one.status)).texts("roles", names_of(one.roles));
        append_instant(out, "created_at", one.created_at);
        append_instant(out, "updated_at", one.updated_at);
        append_instant(out, "last_seen_at", one.last_seen_at);
    });
}

std::string key_line_of(const key_listing& listing)
{
    const key_record& key = listing.key;
    return line_of("key", [&](json_object_writer& out) {
        out.text("id", key.id.view()).text("owner", to_string(key.owner));
        out.text("hash", to_hex(key.secret_digest));
        out.text("hash_kind", key.kind == digest_kind::hmac_sha256 ? "hmac_sha256" : "sha256");
        out.text("login_type", to_string(key.login)).text_unless_empty("name", key.name);
        out.texts("scopes", key.rights->scopes).texts("allow_list", key.rights->allow_list);
        append_instant(out, "created_at", key.created_at);
        append_instant(out, "expires_at", key.expires_at);
        out.number("lifetime_seconds", key.lifetime.count());
        append_instant(out, "last_used", listing.last_used);
    });
}

std::string end_line(const export_end& end)
{
    return line_of("end", [&](json_object_writer& out) {
        out.number("users", static_cast<std::int64_t>(end.users));
        out.number("keys", static_cast<std::int64_t>(end.keys));
    });
}

} // namespace latchkey::cli
