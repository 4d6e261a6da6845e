// What the rest of the program may ask of storage. An interface without data or logic; one contract
// suite (tests/storage) runs over every implementation.
//
// Errors: every task may return storage_errc::unavailable (the store cannot be asked, or cannot keep what
// it is told); the outcomes named at each function otherwise. A mutation that returned success survives
// what the store's kind survives (sqlite: power loss after the answer), and from that moment no thread of
// any process that shares the store accepts what it removed.
//
// A mutation that fails with unavailable gave nothing: no key, no longer expiry, no role. What it was to take
// away is gone all the same (a key, its time, a user, a role, every key of a user): refused from the moment
// of the answer, also by a store that knew it could not write, and written before anything else once it can
// be. Only a store that is closed takes nothing away. A not_found from a mutation is as durable as its
// success would be. (What a store in another process can hold of this: see redis_store.hpp.)
//
// Threads: one object serves all shards. Tasks are awaited on a shard's io_context and resume there.
#pragma once

#include "storage/error.hpp"
#include "storage/key_census.hpp"
#include "storage/lookup_comes.hpp"
#include "storage/records.hpp"
#include "storage/revision.hpp"
#include "storage/siphash.hpp"
#include "storage/stripe_lock.hpp"
#include "storage/task.hpp"
#include "storage/text_hash.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// The part of an owner that a verification needs.
struct owner_view {
    uuid id{};
    std::string_view username;
    user_status status = user_status::active;
    bool is_deleted = false;
    std::uint32_t key_epoch = 0;
};

// The same as a value, where the table it would point into is not in this process.
struct owner_standing {
    uuid id{};
    std::string username;
    user_status status = user_status::active;
    bool is_deleted = false;
    std::uint32_t key_epoch = 0;

    static owner_standing of(const user& one)
    {
        return {one.id, one.username, one.status, one.is_deleted, one.key_epoch};
    }

    static owner_standing of(const owner_view& one)
    {
        return {one.id, std::string{one.username}, one.status, one.is_deleted, one.key_epoch};
    }

    owner_view view() const noexcept { return {id, username, status, is_deleted, key_epoch}; }
    bool operator==(const owner_standing&) const = default;
};

// Uses that follow each other more closely are not told apart (contract A17: right to within a minute).
constexpr std::chrono::seconds use_precision{1};

// When a key was last used, and whether that has yet to be written down. Kept apart from the key's record,
// so that verification never writes that (contract A17).
struct use_mark {
    time_point last{}; // epoch 0: never
    bool is_unwritten = false;
};

// Answer of store::lookup. While it lives, the key it points to stays as it is: so keep it short, never
// across a co_await, and never two at once or beside another call of the store on the same thread: they may
// need the same lock.
struct key_lookup {
    enum class outcome {
        found,  // `key` and `owner` are set; expiry, epoch and status are the caller's to check
        absent, // no such id
        ask,    // not known in memory: co_await store::ask
    };

    outcome what = outcome::absent;
    const key_facts* key = nullptr;
    owner_view owner;
    use_mark* use = nullptr;            // set when found
    bool* has_unwritten_uses = nullptr; // of the part of the table that `hold` guards
    std::unique_lock<stripe_lock> hold; // of the table's stripe; empty where no other thread can interfere

    // A copy of what was found.
    key_record record() const { return {*key, owner.id}; }

    // Remembers a use of the key that was found, to the second: what is written again and again, a core has
    // to take from the other each time (./dev bench shards). Here and not in the store, because a second
    // search for the key would cost a fifth of a verification (./dev bench store lookup).
    void record_use(time_point when) const noexcept
    {
        if (when < use->last + use_precision) return;
        use->last = when;
        use->is_unwritten = true;
        *has_unwritten_uses = true;
    }
};

struct key_with_owner {
    key_record key;
    owner_standing owner;
};

struct key_query {
    std::optional<uuid> owner{};  // nothing: everybody's
    bool include_expired = false; // also those with expires_at <= now, while they are retained
    time_point now{};
    // Keys that sort behind this one, which may itself have expired meanwhile. Empty result if there is no
    // such token, or the owner has not got it.
    std::optional<key_id> after{};
    std::size_t limit = 0; // 0: all
};

// A list of tokens in the making, page by page, so that nobody needs memory for a million of them. What it
// shows was there when the first page was asked for; keys that have gone since are left out. Ends before its
// store.
class token_list {
public:
    // So small that making a page keeps nobody waiting who shares the thread (./dev floods).
    static constexpr std::size_t page_size = 200;

    virtual ~token_list() = default;

    // The next keys, at most page_size, perhaps fewer with more to come; empty at the end. One call at a
    // time.
    virtual task<result<std::vector<key_listing>>> next() = 0;
};

struct expiry_change {
    bool changed = false; // false: had expired already, nothing was written
    key_record key;       // as it is after the call
    time_point previous_expiry;
    revision changed_at = any_revision; // not before the change that made it so
};

struct user_change {
    std::optional<user_status> status{};
    std::optional<role_set> roles{};
    std::optional<std::string> password_hash{};
    bool drop_keys = false; // raises key_epoch: every key of the user is gone, in O(1)
    time_point now{};       // becomes updated_at
};

struct store_health {
    bool can_read = true;
    bool can_write = true;
    std::string problem; // one line for /readyz, empty while all is well
};

class store {
public:
    virtual ~store() = default;

    // --- verification, the hot path: plain functions that never block and never allocate ---

    // `ask` where what is in memory was not proven to be so at `least` or later.
    virtual key_lookup lookup(const hashed_id& id, revision least = any_revision) noexcept = 0;

    // A lookup of this id is about to come: has memory fetched that it will read. A hint, without effect.
    virtual void expect(const hashed_id& id, lookup_comes when) noexcept = 0;

    // Only after lookup said `ask`. not_found: no such key.
    virtual task<result<key_with_owner>> ask(key_id id) = 0;

    // As key_lookup::record_use, where the lookup is gone by now. Right to within a minute (contract A17).
    virtual void record_use(const key_id& id, time_point when) noexcept = 0;

    // --- keys ---

    // What the id of a new key of this owner begins with; fewer characters than an id has. Empty where ids
    // may be anything.
    virtual std::string id_prefix(const uuid& owner) const = 0;

    // What the beginnings are made with (storage/id_tag.hpp): a store takes the keys of another that has the
    // same. Nothing where ids may be anything.
    virtual std::optional<siphash_key> id_tag_key() const { return std::nullopt; }

    // Sets owner_epoch. id_taken (also by an id without the prefix), name_taken (tokens only), owner_gone
    // (no such user, or deleted).
    virtual task<result<void>> insert_key(key_record key) = 0;

    // As insert_key, for `creator`, a key of the same owner: a revocation of it that this does not see is
    // later than the new key. creator_gone, and no new key, unless the creator lives and the owner is active.
    virtual task<result<void>> insert_key_by(key_id creator, key_record key) = 0;

    // not_found. Finds expired keys while they are retained.
    virtual task<result<key_listing>> find_key(key_id id) = 0;

    // Named tokens only, exact and case-sensitive. not_found.
    virtual task<result<key_listing>> find_key_by_name(uuid owner, std::string name) = 0;

    // Keys of login_type token, by created_at, then id (contract A15).
    virtual std::unique_ptr<token_list> list_tokens(key_query query) = 0;

    // All of the owner's keys, sessions too, in no order; expired ones as well.
    virtual task<result<std::vector<key_listing>>> list_all_keys(uuid owner) = 0;

    // expires_at = min(expires_at, now), in one step. With it goes what would outlast the process of a live
    // key's hash, so that a restart after the clock was set back gives it no life. not_found.
    virtual task<result<expiry_change>> expire_key(key_id id, time_point now) = 0;

    // expires_at = until, if the key is still live at `now`: sliding expiry of session keys. An expired key
    // stays as it is, which is a success. not_found.
    virtual task<result<void>> extend_key(key_id id, time_point until, time_point now) = 0;

    // Returns what was deleted. not_found.
    virtual task<result<revised<key_listing>>> delete_key(key_id id) = 0;

    // --- users; every function but find_user(id) passes over deleted ones ---

    // id_taken, username_taken, email_taken.
    virtual task<result<void>> insert_user(user added) = 0;

    // As insert_user; users_exist when there is any user but the system's, decided in the same step.
    virtual task<result<void>> insert_first_user(user added) = 0;

    // Any user but the system's.
    virtual task<result<bool>> has_users() = 0;

    // not_found. Finds deleted users too.
    virtual task<result<user>> find_user(uuid id) = 0;

    // As find_user, of a key's owner for what he may do: as true as what lookup answers, with the same
    // `least`. last_seen_at may be an earlier one.
    virtual task<result<user>> find_account(uuid id, revision least = any_revision) = 0;

    // Without ASCII case. not_found.
    virtual task<result<user>> find_user_by_username(std::string username) = 0;
    virtual task<result<user>> find_user_by_email(std::string email) = 0;

    // By lower-case username; without the system user.
    virtual task<result<std::vector<user>>> list_users() = 0;

    // Returns the user as it is afterwards. not_found.
    virtual task<result<revised<user>>> change_user(uuid id, user_change change) = 0;

    // Marks as deleted, and drops every key. Returns the user as it was. not_found.
    virtual task<result<revised<user>>> delete_user(uuid id, time_point now) = 0;

    // Remembers that the user was seen; loses at most a minute on a crash.
    virtual void record_seen(const uuid& id, time_point when) noexcept = 0;

    virtual store_health health() const = 0;

    // How many keys there are, as counted lately. Nothing where nobody counts: in a store that others share.
    virtual std::optional<key_census> census() const { return std::nullopt; }
};

} // namespace latchkey
