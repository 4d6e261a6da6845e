#include "storage/sqlite_rows.hpp"

#include "storage/sqlite_schema.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>

namespace latchkey {
namespace {

std::int64_t micros(time_point when) noexcept
{
    return when.time_since_epoch().count();
}

std::string json_text(const std::vector<std::string>& entries)
{
    boost::json::array array;
    array.reserve(entries.size());
    for (const std::string& entry : entries)
        array.emplace_back(entry);
    return boost::json::serialize(array);
}

} // namespace

open_result<sqlite_rows> sqlite_rows::prepare(sqlite_database& database)
{
    sqlite_rows rows;
    rows.insert_key_ =
        database.prepare("INSERT INTO keys (row, id, owner, owner_epoch, login, digest_kind, digest, "
                         "created_at, expires_at, lifetime, last_used, name, scopes, allow_list) "
                         "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?13)");
    rows.change_expiry_ = database.prepare("UPDATE keys SET expires_at = ?2 WHERE row = ?1");
    rows.wipe_key_ = database.prepare("UPDATE keys SET digest = NULL, digest_kind = 0, "
                                      "expires_at = min(expires_at, ?2) WHERE row = ?1");
    rows.delete_key_ = database.prepare("DELETE FROM keys WHERE row = ?1");
    rows.touch_key_ = database.prepare("UPDATE keys SET last_used = max(last_used, ?2) WHERE row = ?1");
    rows.write_user_ =
        database.prepare("INSERT OR REPLACE INTO users (row, id, username, email, name, "
                         "password_hash, login, status, roles, is_service_account, is_system, "
                         "is_deleted, created_at, updated_at, last_seen_at, key_epoch) VALUES "
                         "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)");
    rows.touch_user_ =
        database.prepare("UPDATE users SET last_seen_at = max(last_seen_at, ?2) WHERE row = ?1");

    const std::array<const sqlite_statement*, 7> all{&rows.insert_key_,
                                                     &rows.change_expiry_,
                                                     &rows.wipe_key_,
                                                     &rows.delete_key_,
                                                     &rows.touch_key_,
                                                     &rows.write_user_,
                                                     &rows.touch_user_};
    for (const sqlite_statement* statement : all) {
        if (!sqlite_database::is_ready(*statement)) return damaged_file(database, database.problem());
    }
    return rows;
}

bool sqlite_rows::apply(const mutation& change)
{
    return std::visit([this](const auto& one) { return write(one); }, change);
}

void sqlite_rows::show_rights(const std::shared_ptr<const key_rights>& rights)
{
    if (shown_rights_ == rights) return;
    scopes_ = json_text(rights->scopes);
    allow_list_ = json_text(rights->allow_list);
    shown_rights_ = rights;
}

bool sqlite_rows::write(const key_creation& created)
{
    const key_record& key = created.key;
    show_rights(key.rights);
    insert_key_.bind(1, created.row);
    insert_key_.bind(2, key.id.view());
    insert_key_.bind(3, created.owner_row);
    insert_key_.bind(4, std::int64_t{key.owner_epoch});
    insert_key_.bind(5, static_cast<std::int64_t>(key.login));
    insert_key_.bind(6, static_cast<std::int64_t>(key.kind));
    if (key.kind == digest_kind::wiped) {
        insert_key_.bind_null(7);
    } else {
        insert_key_.bind_bytes(7, key.secret_digest.data(), key.secret_digest.size());
    }
    insert_key_.bind(8, micros(key.created_at));
    insert_key_.bind(9, micros(key.expires_at));
    insert_key_.bind(10, std::int64_t{key.lifetime.count()});
    insert_key_.bind(11, std::string_view{key.name});
    insert_key_.bind(12, std::string_view{scopes_});
    insert_key_.bind(13, std::string_view{allow_list_});
    return insert_key_.run();
}

bool sqlite_rows::write(const key_expiry& change)
{
    change_expiry_.bind(1, change.row);
    change_expiry_.bind(2, micros(change.expires_at));
    return change_expiry_.run();
}

bool sqlite_rows::write(const key_extension& change)
{
    return write(key_expiry{change.row, change.until});
}

bool sqlite_rows::write(const key_wipe& change)
{
    wipe_key_.bind(1, change.row);
    wipe_key_.bind(2, micros(change.expires_at));
    return wipe_key_.run();
}

bool sqlite_rows::write(const key_removal& change)
{
    delete_key_.bind(1, change.row);
    return delete_key_.run();
}

bool sqlite_rows::write(const key_use& use)
{
    touch_key_.bind(1, use.row);
    touch_key_.bind(2, micros(use.when));
    return touch_key_.run();
}

bool sqlite_rows::write(const user_creation& created)
{
    return write_user(created.row, created.added);
}

bool sqlite_rows::write(const user_rewrite& change)
{
    return write_user(change.row, change.changed);
}

bool sqlite_rows::write_user(row_number row, const user& one)
{
    const std::string id = to_string(one.id);
    write_user_.bind(1, row);
    write_user_.bind(2, std::string_view{id});
    write_user_.bind(3, std::string_view{one.username});
    write_user_.bind(4, std::string_view{one.email});
    write_user_.bind(5, std::string_view{one.name});
    write_user_.bind(6, std::string_view{one.password_hash});
    write_user_.bind(7, static_cast<std::int64_t>(one.login));
    write_user_.bind(8, static_cast<std::int64_t>(one.status));
    write_user_.bind(9, std::int64_t{one.roles.bits()});
    write_user_.bind(10, std::int64_t{one.is_service_account});
    write_user_.bind(11, std::int64_t{one.is_system});
    write_user_.bind(12, std::int64_t{one.is_deleted});
    write_user_.bind(13, micros(one.created_at));
    write_user_.bind(14, micros(one.updated_at));
    write_user_.bind(15, micros(one.last_seen_at));
    write_user_.bind(16, std::int64_t{one.key_epoch});
    return write_user_.run();
}

bool sqlite_rows::write(const user_sighting& sighting)
{
    touch_user_.bind(1, sighting.row);
    touch_user_.bind(2, micros(sighting.when));
    return touch_user_.run();
}

} // namespace latchkey
