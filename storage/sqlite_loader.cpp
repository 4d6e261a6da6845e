#include "storage/sqlite_loader.hpp"

#include "storage/sqlite_schema.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>

#include <algorithm>

namespace latchkey {
namespace {

using owners_by_row = boost::unordered_flat_map<row_number, owner_state*>;

time_point instant(std::int64_t micros) noexcept
{
    return time_point{microseconds{micros}};
}

// The rights of most rows are the same text as those of the row before.
class rights_reader {
public:
    explicit rights_reader(memory_table& table) : table_{table} {}

    // Null if the text is not what it should be.
    std::shared_ptr<const key_rights> read(std::string_view scopes, std::string_view allow_list)
    {
        if (last_ && scopes == scopes_ && allow_list == allow_list_) return last_;
        auto rights = std::make_shared<key_rights>();
        if (!read_list(scopes, rights->scopes) || !read_list(allow_list, rights->allow_list)) return nullptr;
        scopes_ = scopes;
        allow_list_ = allow_list;
        last_ = table_.intern(std::move(rights));
        return last_;
    }

private:
    static bool read_list(std::string_view text, std::vector<std::string>& entries)
    {
        boost::json::error_code ec;
        const boost::json::value value = boost::json::parse(text, ec);
        if (ec) return false;
        auto list = boost::json::try_value_to<std::vector<std::string>>(value);
        if (!list) return false;
        entries = std::move(*list);
        return true;
    }

    memory_table& table_;
    std::string scopes_;
    std::string allow_list_;
    std::shared_ptr<const key_rights> last_;
};

std::optional<user> read_user(const sqlite_statement& row)
{
    const auto id = parse_uuid(row.text(1));
    const std::int64_t login = row.integer(6);
    const std::int64_t status = row.integer(7);
    if (!id || login < 0 || login > 2 || status < 0 || status > 1) return std::nullopt;
    user one;
    one.id = *id;
    one.username = row.text(2);
    one.email = row.text(3);
    one.name = row.text(4);
    one.password_hash = row.text(5);
    one.login = static_cast<login_type>(login);
    one.status = static_cast<user_status>(status);
    one.roles = role_set::from_bits(static_cast<std::uint8_t>(row.integer(8)));
    one.is_service_account = row.integer(9) != 0;
    one.is_system = row.integer(10) != 0;
    one.is_deleted = row.integer(11) != 0;
    one.created_at = instant(row.integer(12));
    one.updated_at = instant(row.integer(13));
    one.last_seen_at = instant(row.integer(14));
    one.key_epoch = static_cast<std::uint32_t>(row.integer(15));
    return one;
}

// Without owner and rights.
std::optional<key_record> read_key(const sqlite_statement& row)
{
    const auto id = key_id::parse(row.text(1));
    const std::int64_t login = row.integer(4);
    const std::int64_t kind = row.integer(5);
    const std::string_view digest_bytes = row.text(6);
    const std::size_t wanted = kind == 0 ? 0 : std::tuple_size_v<digest>;
    if (!id || login < 0 || login > 2 || kind < 0 || kind > 2 || digest_bytes.size() != wanted) {
        return std::nullopt;
    }
    key_record key;
    key.id = *id;
    key.owner_epoch = static_cast<std::uint32_t>(row.integer(3));
    key.login = static_cast<login_type>(login);
    key.kind = static_cast<digest_kind>(kind);
    std::copy(digest_bytes.begin(), digest_bytes.end(), key.secret_digest.begin());
    key.created_at = instant(row.integer(7));
    key.expires_at = instant(row.integer(8));
    key.lifetime = std::chrono::seconds{row.integer(9)};
    key.name = row.text(11);
    return key;
}

class loader {
public:
    loader(sqlite_database& database, memory_table& table)
        : database_{database},
          table_{table},
          rights_{table}
    {}

    // Nothing, or what is wrong.
    std::optional<open_error> load_users()
    {
        sqlite_statement rows = database_.prepare(
            "SELECT row, id, username, email, name, password_hash, login, status, roles, is_service_account, "
            "is_system, is_deleted, created_at, updated_at, last_seen_at, key_epoch FROM users");
        return load(rows, "user", [&] { return load_user(rows); });
    }

    std::optional<open_error> load_keys()
    {
        const auto count = database_.ask("SELECT count(*) FROM keys");
        table_.reserve(static_cast<std::size_t>(count.value_or(0)));
        sqlite_statement rows =
            database_.prepare("SELECT row, id, owner, owner_epoch, login, digest_kind, digest, created_at, "
                              "expires_at, lifetime, last_used, name, scopes, allow_list FROM keys");
        return load(rows, "key", [&] { return load_key(rows); });
    }

    std::vector<key_removal> take_dropped() { return std::move(dropped_); }

private:
    // `load_row` returns nothing, or what is wrong with the row.
    template <class LoadRow>
    std::optional<open_error> load(sqlite_statement& rows, const char* what, LoadRow load_row)
    {
        if (!sqlite_database::is_ready(rows)) return damaged_file(database_, database_.problem());
        auto outcome = rows.step();
        for (; outcome == sqlite_statement::step_outcome::row; outcome = rows.step()) {
            const char* const wrong = load_row();
            if (wrong == nullptr) continue;
            const std::string place = std::string{what} + " in row " + std::to_string(rows.integer(0));
            return damaged_file(database_, place + ": " + wrong);
        }
        if (outcome == sqlite_statement::step_outcome::end) return std::nullopt;
        return unusable_file(database_, std::string{"reading "} + what + "s");
    }

    const char* load_user(const sqlite_statement& row)
    {
        auto one = read_user(row);
        if (!one) return "a field is not what it should be";
        const auto owner = table_.load_user(std::move(*one), row.integer(0));
        if (!owner) return "its id, username or email address occurs twice";
        owners_.emplace(row.integer(0), *owner);
        return nullptr;
    }

    const char* load_key(const sqlite_statement& row)
    {
        auto key = read_key(row);
        if (!key) return "a field is not what it should be";
        const auto owner = owners_.find(row.integer(2));
        if (owner == owners_.end()) return "its owner is missing";
        key->owner = owner->second->id;
        key->rights = rights_.read(row.text(12), row.text(13));
        if (!key->rights) return "its scopes or allow list cannot be read";
        const auto loaded =
            table_.load_key(*owner->second, std::move(*key), instant(row.integer(10)), row.integer(0));
        if (!loaded) return "its id or name occurs twice";
        if (!*loaded) dropped_.push_back({row.integer(0)});
        return nullptr;
    }

    sqlite_database& database_;
    memory_table& table_;
    rights_reader rights_;
    owners_by_row owners_;
    std::vector<key_removal> dropped_;
};

} // namespace

open_result<std::vector<key_removal>> load_rows(sqlite_database& database, memory_table& table)
{
    loader reader{database, table};
    if (auto wrong = reader.load_users()) return *wrong;
    if (auto wrong = reader.load_keys()) return *wrong;
    return reader.take_dropped();
}

open_result<siphash_key> settle_id_tag_key(sqlite_database& database,
                                           const std::optional<siphash_key>& wanted)
{
    const auto unreadable = [&] { return unusable_file(database, "reading its settings"); };
    sqlite_statement reading = database.prepare("SELECT value FROM settings WHERE name = 'id_tag_key'");
    if (!sqlite_database::is_ready(reading)) return unreadable();
    std::optional<siphash_key> kept;
    if (reading.step() == sqlite_statement::step_outcome::row) {
        const std::string_view bytes = reading.text(0);
        if (bytes.size() != kept.emplace().size()) return damaged_file(database, "the key of its ids");
        std::copy(bytes.begin(), bytes.end(), kept->begin());
    }
    if (!reading.run()) return unreadable();

    const auto users = database.ask("SELECT count(*) FROM users WHERE is_system = 0");
    if (!users) return unreadable();
    const bool is_free = *users == 0 && wanted && kept != wanted;
    if (kept && !is_free) return *kept;
    const siphash_key chosen = is_free ? *wanted : fresh_id_tag_key();
    sqlite_statement writing = database.prepare("INSERT OR REPLACE INTO settings VALUES ('id_tag_key', ?)");
    if (sqlite_database::is_ready(writing)) writing.bind_bytes(1, chosen.data(), chosen.size());
    if (!sqlite_database::is_ready(writing) || !writing.run())
        return unusable_file(database, "writing its settings");
    return chosen;
}

} // namespace latchkey
