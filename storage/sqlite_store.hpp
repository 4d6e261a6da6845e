// The durable, embedded store: reads come from the memory table, changes are answered once they are
// committed to a SQLite file. Serves all shards; a writer thread commits, another does the periodic work.
//
// Close or destroy it before any io_context whose coroutines wait for it.
#pragma once

#include "storage/audit_line_keeper.hpp"
#include "storage/id_tag.hpp"
#include "storage/memory_table.hpp"
#include "storage/sqlite_writer.hpp"
#include "storage/store.hpp"
#include "storage/sweeper.hpp"

namespace latchkey {

struct sqlite_options {
    microseconds retention{};                        // as for memory_store
    std::size_t queue_limit = 10'000;                // changes waiting for the disk; beyond: overloaded
    std::chrono::seconds flush_interval{30};         // of last uses and sightings
    std::chrono::milliseconds probe_interval{5'000}; // of trying to write again while read-only
    int longest_log = 16384;                         // pages of the write-ahead log: 64 MiB
    std::chrono::milliseconds log_keeping{10'000};   // of its place on the disk, when idle; not zero
    std::optional<siphash_key> id_tag_key{};         // for a file without users: whose keys are to come
};

class sqlite_store final : public store, public audit_line_keeper {
public:
    // `path` is a path of the file system. Creates the file if need be, loads it, and keeps it locked.
    static open_result<std::unique_ptr<sqlite_store>>
    open(const std::string& path, const clock& time, sqlite_options options);

    ~sqlite_store() override;

    // Wipes and removes what is due now, and writes that. Blocks: not for a shard's thread. The store does
    // it by itself twice a second.
    void sweep();

    // Writes uses and sightings. Blocks too; the store does it by itself at the flush interval.
    void flush();

    // Writes everything and lets go of the file's contents; changes are unavailable from now on, reads go on.
    void close();

    key_lookup lookup(const hashed_id& id, revision = any_revision) noexcept override
    {
        return table_.lookup(id);
    }
    void expect(const hashed_id& id, lookup_comes when) noexcept override { table_.expect(id, when); }
    task<result<key_with_owner>> ask(key_id id) override;
    void record_use(const key_id& id, time_point when) noexcept override { table_.record_use(id, when); }

    // Takes other ids as well: a database was not always made like this, and keys of other systems come here.
    std::string id_prefix(const uuid& owner) const override { return id_tag_of(owner, id_tag_key_); }
    std::optional<siphash_key> id_tag_key() const override { return id_tag_key_; }
    task<result<void>> insert_key(key_record key) override;
    task<result<void>> insert_key_by(key_id creator, key_record key) override;
    task<result<key_listing>> find_key(key_id id) override;
    task<result<key_listing>> find_key_by_name(uuid owner, std::string name) override;
    std::unique_ptr<token_list> list_tokens(key_query query) override;
    task<result<std::vector<key_listing>>> list_all_keys(uuid owner) override;
    task<result<expiry_change>> expire_key(key_id id, time_point now) override;
    task<result<void>> extend_key(key_id id, time_point until, time_point now) override;
    task<result<revised<key_listing>>> delete_key(key_id id) override;

    task<result<void>> insert_user(user added) override;
    task<result<void>> insert_first_user(user added) override;
    task<result<bool>> has_users() override;
    task<result<user>> find_user(uuid id) override;
    task<result<user>> find_account(uuid id, revision = any_revision) override { return find_user(id); }
    task<result<user>> find_user_by_username(std::string username) override;
    task<result<user>> find_user_by_email(std::string email) override;
    task<result<std::vector<user>>> list_users() override;
    task<result<revised<user>>> change_user(uuid id, user_change change) override;
    task<result<revised<user>>> delete_user(uuid id, time_point now) override;
    void record_seen(const uuid& id, time_point when) noexcept override { table_.record_seen(id, when); }

    void keep_audit_lines(std::string_view lines) override { writer_->keep(lines); }
    task<error_code> audit_lines_kept() override;
    void release_audit_lines() override { writer_->release_kept(); }
    std::vector<std::string> take_audit_lines() override { return std::exchange(found_lines_, {}); }

    store_health health() const override { return writer_->health(); }
    std::optional<key_census> census() const override { return counter_.latest(); }

private:
    sqlite_store(const clock& time, sqlite_options options);

    // Begins a change and waits until it is durable. `begin` returns the mutation, or why there is none.
    template <class Begin>
    task<error_code> write(sqlite_writer::effect of, Begin begin);
    task<result<void>> insert(user added, bool only_if_first);
    std::optional<mutation> settle(const mutation& change, bool is_durable);
    void work_periodically();
    void take_dropped_before(sweep_result& swept);

    template <class Change>
    std::uint64_t submit_all(std::vector<Change>& changes);

    const clock& clock_;
    revision_source revisions_;
    const sqlite_options options_;
    memory_table table_;
    siphash_key id_tag_key_{}; // constant once open
    // Held from changing the table until the change is queued: the file sees changes in the order in which
    // memory made them.
    std::mutex order_;
    key_counter counter_;
    std::mutex sweeping_; // so that one who sweeps finds everything done afterwards; before order_
    std::vector<key_removal> dropped_before_; // rows found dead when the file was loaded
    std::vector<std::string> found_lines_;    // of the audit log, when the file was opened
    bool is_closed_ = false;
    std::chrono::steady_clock::time_point next_flush_;
    std::unique_ptr<sqlite_writer> writer_;
    std::unique_ptr<sweeper> sweeper_; // last: its thread uses the rest
};

} // namespace latchkey
