// The volatile store: the memory table as it is, forgotten at the end of the process. For tests, benchmarks
// and load tests. Serves all shards; a thread of its own wipes and removes what has expired.
#pragma once

#include "storage/memory_table.hpp"
#include "storage/store.hpp"
#include "storage/sweeper.hpp"

namespace latchkey {

class memory_store final : public store {
public:
    // Keys are removed `retention` after their expiry; zero keeps them for ever.
    memory_store(const clock& time, microseconds retention);

    // Wipes and removes what is due now. The store does it by itself twice a second.
    void sweep();

    key_lookup lookup(const hashed_id& id, revision = any_revision) noexcept override
    {
        return table_.lookup(id);
    }
    void expect(const hashed_id& id, lookup_comes when) noexcept override { table_.expect(id, when); }
    task<result<key_with_owner>> ask(key_id id) override;
    void record_use(const key_id& id, time_point when) noexcept override { table_.record_use(id, when); }

    std::string id_prefix(const uuid&) const override { return {}; }
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

    store_health health() const override { return {}; }
    std::optional<key_census> census() const override { return counter_.latest(); }

private:
    result<void> insert(key_record key);
    result<void> insert(user added, bool only_if_first);

    const clock& clock_;
    revision_source revisions_;
    memory_table table_;
    key_counter counter_;
    std::mutex sweeping_; // so that one who sweeps finds everything done afterwards
    sweeper sweeper_;     // last: its thread uses the rest
};

} // namespace latchkey
