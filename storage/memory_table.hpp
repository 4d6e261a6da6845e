// Users and keys in memory: the synchronous core that the memory and the sqlite store share. Owned by one
// store; every function may be called from every thread, and none waits for anything but short locks.
//
// A creation is pending until it is committed: its names are taken, but nobody sees it. What takes
// something away (removal, expiry, suspension, a raised epoch) is in force when the function returns, before
// it is durable, and stays so whatever becomes of it. Functions that change something return it in the form
// that a durable side writes; one without such a side commits at once.
#pragma once

#include "storage/dropped_keys.hpp"
#include "storage/expiry_calendar.hpp"
#include "storage/key_census.hpp"
#include "storage/rights_pool.hpp"
#include "storage/store.hpp"
#include "storage/user_table.hpp"

namespace latchkey {

struct key_found {
    key_listing listing;
    row_number row = 0;
};

struct key_expired {
    expiry_change answer;
    std::optional<key_wipe> change; // nothing if it had expired before
};

struct user_changed {
    user before;
    user_rewrite change;
};

struct sweep_result {
    std::vector<key_wipe> wiped;
    std::vector<key_removal> removed; // of the same keys perhaps: to be done after the wiping
    bool is_finished = true;          // false: call again, there is more
};

class memory_table {
public:
    // Keys are removed `retention` after their expiry; zero keeps them for ever (--api-keys-retention).
    explicit memory_table(microseconds retention);

    // --- verification; never allocates ---

    key_lookup lookup(const hashed_id& id) noexcept;
    void expect(const hashed_id& id, lookup_comes when) noexcept { keys_.expect(id, when); }
    void record_use(const key_id& id, time_point when) noexcept { keys_.record_use(id, when); }
    void record_seen(const uuid& id, time_point when) noexcept;

    // --- keys; outcomes as at the functions of `store` ---

    result<key_creation> begin_insert(key_record key);
    void commit_insert(const key_creation& created);
    void withdraw_insert(const key_creation& created);

    // Whether it is a key of that owner who may use it: neither revoked nor expired, and he is active.
    bool is_good(const key_id& id, const uuid& owner, time_point now);
    result<key_found> find_key(const key_id& id);
    result<key_found> find_key_by_name(const uuid& owner, std::string_view name);
    result<key_with_owner> find_with_owner(const key_id& id);
    std::unique_ptr<token_list> list_tokens(key_query query);
    std::vector<key_listing> list_all_keys(const uuid& owner);

    result<key_found> remove(const key_id& id);
    result<key_expired> expire(const key_id& id, time_point now);

    // Nothing to write if the key has expired, or if it ends no later: then it is done already.
    struct extension {
        std::optional<key_extension> longer;
        std::optional<key_expiry> shorter;
    };
    result<extension> begin_extend(const key_id& id, time_point until, time_point now);
    void commit_extend(const key_extension& change);

    // --- users ---

    result<user_creation> begin_insert_user(user added, bool only_if_first);
    void commit_user(const user_creation& created);
    void withdraw_user(const user_creation& created);

    bool has_users() const { return users_.has_people(); }
    result<user> find_user(const uuid& id) const;
    result<user> find_user_by_username(std::string_view username) const;
    result<user> find_user_by_email(std::string_view email) const;
    std::vector<user> list_users() const;

    // Whether anything that the user has now would be gone after that change. False if there is no such user.
    bool takes_away(const uuid& id, const user_change& change) const;

    // Each must be settled, in the order in which they began (per user).
    result<user_changed> begin_change(const uuid& id, const user_change& change);
    result<user_changed> begin_delete(const uuid& id, time_point now);
    // Returns the row as it has to be on disk if it could not be written: nothing that was taken away
    // comes back.
    user_rewrite settle_change(const uuid& id, bool is_durable);

    // --- what time does; for a background thread ---

    // Wipes the digests of keys whose lifetime ended by `now` (contract A14), removes those whose retention
    // ended and those of dropped epochs. Changes at most about `limit` keys.
    sweep_result sweep(time_point now, std::size_t limit);

    // The pass over all keys that finds what is due next, if it is time for one. Call it before sweep.
    void plan(time_point now);

    // Every visible key by kind and state; a stripe at a time, so that nobody waits for long.
    key_census count_keys(time_point now);

    void take_unwritten_uses(std::size_t stripe, std::vector<key_use>& uses);
    void take_unwritten_sightings(std::vector<user_sighting>& sightings);

    // --- loading; before the table is shared ---

    void reserve(std::size_t keys) { keys_.reserve(keys); }
    result<owner_state*> load_user(user loaded, row_number row);
    // False: of a dropped epoch, to be deleted from the file. id_taken, name_taken: the file is damaged.
    result<bool> load_key(owner_state& owner, key_record key, time_point last_used, row_number row);
    std::shared_ptr<const key_rights> intern(std::shared_ptr<const key_rights> rights);

private:
    // An owner and a stripe, locked in that order, with a visible key. Empty if there is none.
    struct located {
        std::unique_lock<std::mutex> owner;
        key_table::held key;
    };

    located locate(const key_id& id);
    located locate_any(const key_id& id); // pending and dropped ones too
    void drop(located gone);
    void schedule(const key_facts& key);
    time_point next_date(const key_facts& key) const noexcept;
    void sweep_dropped(std::size_t limit, sweep_result& swept);
    void sweep_due(const key_id& id, time_point now, sweep_result& swept);
    result<user_changed> begin(owner_state& owner, user before, user next);

    const microseconds retention_;
    key_table keys_;
    user_table users_;
    rights_pool rights_;
    expiry_calendar calendar_;
    dropped_keys dropped_;
    std::atomic<row_number> last_key_row_{0};
    std::atomic<row_number> last_user_row_{0};
};

} // namespace latchkey
