// Writes what the memory table changed into rows. Owned by the sqlite writer, used on its thread.
#pragma once

#include "storage/sqlite_database.hpp"
#include "storage/table_changes.hpp"

#include <variant>

namespace latchkey {

// monostate changes nothing: it waits for everything that was queued before it.
using mutation = std::variant<std::monostate,
                              key_creation,
                              key_expiry,
                              key_extension,
                              key_wipe,
                              key_removal,
                              key_use,
                              user_creation,
                              user_rewrite,
                              user_sighting>;

class sqlite_rows {
public:
    // The database must outlive the rows.
    static open_result<sqlite_rows> prepare(sqlite_database& database);

    // Within a transaction of the caller's. False: see sqlite_database::problem(), and roll back.
    [[nodiscard]] bool apply(const mutation& change);

private:
    sqlite_rows() = default;

    bool write(std::monostate) const noexcept { return true; }
    bool write(const key_creation& created);
    bool write(const key_expiry& change);
    bool write(const key_extension& change);
    bool write(const key_wipe& change);
    bool write(const key_removal& change);
    bool write(const key_use& use);
    bool write(const user_creation& created);
    bool write(const user_rewrite& change);
    bool write(const user_sighting& sighting);
    bool write_user(row_number row, const user& one);
    void show_rights(const std::shared_ptr<const key_rights>& rights);

    sqlite_statement insert_key_;
    sqlite_statement change_expiry_;
    sqlite_statement wipe_key_;
    sqlite_statement delete_key_;
    sqlite_statement touch_key_;
    sqlite_statement write_user_;
    sqlite_statement touch_user_;

    // The text of the rights written last: most keys have the same.
    std::shared_ptr<const key_rights> shown_rights_;
    std::string scopes_;
    std::string allow_list_;
};

} // namespace latchkey
