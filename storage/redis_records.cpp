#include "storage/redis_records.hpp"

#include "storage/hex_text.hpp"
#include "storage/redis_fields.hpp"
#include "storage/text_hash.hpp"

#include <array>

namespace latchkey {
namespace {

constexpr std::string_view user_version = "1";

constexpr std::int64_t is_service_bit = 1;
constexpr std::int64_t is_system_bit = 2;
constexpr std::int64_t is_deleted_bit = 4;

constexpr std::size_t digest_digits = 2 * digest{}.size();

std::int64_t flags_of(const user& one) noexcept
{
    return (one.is_service_account ? is_service_bit : 0) | (one.is_system ? is_system_bit : 0) |
           (one.is_deleted ? is_deleted_bit : 0);
}

// No server of ours writes anything else, and sums of these do not overflow.
constexpr time_point last_moment{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
constexpr std::chrono::seconds longest_lifetime = std::chrono::years{1000};

bool is_sane(const key_record& key) noexcept
{
    const auto is_moment = [](time_point when) { return when >= time_point{} && when <= last_moment; };
    return is_moment(key.expires_at) && is_moment(key.created_at) && key.lifetime >= key.lifetime.zero() &&
           key.lifetime <= longest_lifetime;
}

std::optional<login_type> login_of(std::string_view text) noexcept
{
    for (const login_type type : {login_type::token, login_type::password, login_type::none}) {
        if (text == to_string(type)) return type;
    }
    return std::nullopt;
}

// As it stands in the text; `kind` and digest are for the caller to take or to leave.
std::optional<kept_key> parse_record(const key_id& id, std::string_view text, rights_cache& rights)
{
    kept_key kept;
    key_record& key = kept.record;
    field_reader fields{text};
    key.id = id;
    key.owner = fields.id();
    key.owner_epoch = static_cast<std::uint32_t>(fields.number());
    kept.gone_at = fields.moment();
    kept.stamp = fields.raw();
    key.expires_at = fields.moment();
    key.created_at = fields.moment();
    key.lifetime = std::chrono::seconds{fields.number()};
    const auto login = login_of(fields.raw());
    const std::int64_t kind = fields.number();
    const std::string_view scopes = fields.raw();
    const std::string_view allow_list = fields.raw();
    key.name = fields.text();
    const bool is_known_kind = kind == static_cast<std::int64_t>(digest_kind::sha256) ||
                               kind == static_cast<std::int64_t>(digest_kind::hmac_sha256);
    if (!fields.is_good() || !login || !is_known_kind || !is_sane(key)) return std::nullopt;

    key.login = *login;
    key.kind = static_cast<digest_kind>(kind);
    const auto size = static_cast<std::size_t>(allow_list.data() + allow_list.size() - scopes.data());
    key.rights = rights.get({scopes.data(), size});
    return kept;
}

} // namespace

std::size_t rights_cache::text_hash::operator()(std::string_view text) const noexcept
{
    return hash_of(text);
}

std::shared_ptr<const key_rights> rights_cache::get(std::string_view raw)
{
    const auto found = known_.find(raw);
    if (found != known_.end()) return found->second;
    const std::size_t space = raw.find(' ');
    auto made = std::make_shared<const key_rights>(
        key_rights{texts_of(raw.substr(0, space)), texts_of(raw.substr(space + 1))});
    if (known_.size() >= most) known_.clear();
    known_.emplace(raw, made);
    return made;
}

std::string record_tail(const kept_key& kept)
{
    const key_record& key = kept.record;
    return field_writer{}
        .moment(kept.gone_at)
        .text(kept.stamp)
        .moment(key.expires_at)
        .moment(key.created_at)
        .number(key.lifetime.count())
        .text(to_string(key.login))
        .number(static_cast<std::int64_t>(key.kind))
        .texts(key.rights->scopes)
        .texts(key.rights->allow_list)
        .text(key.name)
        .take();
}

std::string meta_text(const kept_key& kept)
{
    std::string text = field_writer{}.id(kept.record.owner).number(kept.record.owner_epoch).take();
    text += ' ';
    text += record_tail(kept);
    return text;
}

std::optional<kept_key> parse_meta(const key_id& id, std::string_view text, rights_cache& rights)
{
    return parse_record(id, text, rights);
}

std::optional<kept_key> parse_key(const key_id& id, std::string_view text, rights_cache& rights)
{
    digest secret;
    if (text.size() <= digest_digits || text[digest_digits] != ' ') return std::nullopt;
    if (!read_lower_hex(text.substr(0, digest_digits), secret)) return std::nullopt;
    auto kept = parse_record(id, text.substr(digest_digits + 1), rights);
    if (kept) kept->record.secret_digest = secret;
    return kept;
}

std::string_view status_letter(user_status status) noexcept
{
    return status == user_status::active ? "a" : "s";
}

std::string standing_line(const kept_standing& one)
{
    return field_writer{}
               .id(one.owner.id)
               .number(one.owner.key_epoch)
               .number(one.revision)
               .text(status_letter(one.owner.status))
               .text(one.owner.username)
               .take() +
           '\n';
}

std::optional<kept_standing> find_standing(std::string_view owners, const uuid& owner)
{
    std::array<char, uuid_length + 1> name;
    write_uuid(name.data(), owner);
    name.back() = ' ';
    const std::size_t begin = owners.find(std::string_view{name.data(), name.size()});
    if (begin == owners.npos) return std::nullopt;
    owners.remove_prefix(begin + name.size());
    field_reader fields{owners.substr(0, owners.find('\n'))};
    kept_standing found;
    found.owner.id = owner;
    found.owner.key_epoch = static_cast<std::uint32_t>(fields.number());
    found.revision = fields.number();
    found.owner.status = fields.raw() == "a" ? user_status::active : user_status::suspended;
    found.owner.username = fields.text();
    if (!fields.is_good()) return std::nullopt;
    return found;
}

std::string user_text(const kept_user& kept)
{
    const user& one = kept.record;
    return field_writer{}
        .text(user_version)
        .number(kept.revision)
        .text(kept.stamp)
        .id(one.id)
        .text(one.username)
        .text(one.email)
        .text(one.name)
        .text(one.password_hash)
        .text(to_string(one.login))
        .text(to_string(one.status))
        .number(one.roles.bits())
        .number(flags_of(one))
        .moment(one.created_at)
        .moment(one.updated_at)
        .moment(one.last_seen_at)
        .number(one.key_epoch)
        .take();
}

std::optional<kept_user> parse_user(std::string_view text)
{
    kept_user kept;
    user& one = kept.record;
    field_reader fields{text};
    const bool is_known = fields.raw() == user_version;
    kept.revision = fields.number();
    kept.stamp = fields.raw();
    one.id = fields.id();
    one.username = fields.text();
    one.email = fields.text();
    one.name = fields.text();
    one.password_hash = fields.text();
    const auto login = login_of(fields.raw());
    one.status =
        fields.raw() == to_string(user_status::active) ? user_status::active : user_status::suspended;
    one.roles = role_set::from_bits(static_cast<std::uint8_t>(fields.number()));
    const std::int64_t flags = fields.number();
    one.created_at = fields.moment();
    one.updated_at = fields.moment();
    one.last_seen_at = fields.moment();
    one.key_epoch = static_cast<std::uint32_t>(fields.number());
    if (!is_known || !login || !fields.is_good()) return std::nullopt;

    one.login = *login;
    one.is_service_account = (flags & is_service_bit) != 0;
    one.is_system = (flags & is_system_bit) != 0;
    one.is_deleted = (flags & is_deleted_bit) != 0;
    return kept;
}

} // namespace latchkey
