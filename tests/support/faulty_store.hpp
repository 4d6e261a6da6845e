// A store in front of another that fails when a test wants it to.
#pragma once

#include "storage/store.hpp"

#include <functional>

namespace latchkey::test {

class faulty_store : public store {
public:
    explicit faulty_store(store& behind) : behind_{behind} {}

    bool cannot_read = false;
    bool cannot_write = false;
    bool must_be_asked = false;              // lookup knows nothing, as a cache that missed
    std::optional<key_with_owner> to_answer; // what `ask` says then; else not_found
    std::function<void()> before_insert;     // what another request does between a look and the insert
    unsigned uses = 0;                       // recorded

    key_lookup lookup(const hashed_id& id, revision least) noexcept override
    {
        if (!must_be_asked) return behind_.lookup(id, least);
        key_lookup answer;
        answer.what = key_lookup::outcome::ask;
        return answer;
    }

    void expect(const hashed_id& id, lookup_comes when) noexcept override { behind_.expect(id, when); }

    task<result<key_with_owner>> ask(key_id) override
    {
        if (cannot_read) co_return away();
        if (!to_answer) co_return error_code{storage_errc::not_found};
        co_return *to_answer;
    }

    void record_use(const key_id& id, time_point when) noexcept override
    {
        ++uses;
        behind_.record_use(id, when);
    }

    std::string id_prefix(const uuid& owner) const override { return behind_.id_prefix(owner); }

    task<result<void>> insert_key(key_record key) override
    {
        if (before_insert) before_insert();
        if (cannot_write) co_return away();
        co_return co_await behind_.insert_key(std::move(key));
    }

    task<result<void>> insert_key_by(key_id creator, key_record key) override
    {
        if (before_insert) before_insert();
        if (cannot_write) co_return away();
        co_return co_await behind_.insert_key_by(creator, std::move(key));
    }

    task<result<key_listing>> find_key(key_id id) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_key(id);
    }

    task<result<key_listing>> find_key_by_name(uuid owner, std::string name) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_key_by_name(owner, std::move(name));
    }

    std::unique_ptr<token_list> list_tokens(key_query query) override
    {
        return std::make_unique<faulty_list>(*this, behind_.list_tokens(std::move(query)));
    }

    task<result<std::vector<key_listing>>> list_all_keys(uuid owner) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.list_all_keys(owner);
    }

    task<result<expiry_change>> expire_key(key_id id, time_point now) override
    {
        if (cannot_write) co_return away();
        co_return co_await behind_.expire_key(id, now);
    }

    task<result<void>> extend_key(key_id id, time_point until, time_point now) override
    {
        if (cannot_write) co_return away();
        co_return co_await behind_.extend_key(id, until, now);
    }

    task<result<revised<key_listing>>> delete_key(key_id id) override
    {
        if (cannot_write) co_return away();
        co_return co_await behind_.delete_key(id);
    }

    task<result<void>> insert_user(user added) override
    {
        if (before_insert) before_insert();
        if (cannot_write) co_return away();
        co_return co_await behind_.insert_user(std::move(added));
    }

    task<result<void>> insert_first_user(user added) override
    {
        if (before_insert) before_insert();
        if (cannot_write) co_return away();
        co_return co_await behind_.insert_first_user(std::move(added));
    }

    task<result<bool>> has_users() override
    {
        if (cannot_read) co_return result<bool>{boost::system::in_place_error, away()};
        co_return co_await behind_.has_users();
    }

    task<result<user>> find_user(uuid id) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_user(id);
    }

    task<result<user>> find_account(uuid id, revision least) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_account(id, least);
    }

    task<result<user>> find_user_by_username(std::string username) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_user_by_username(std::move(username));
    }

    task<result<user>> find_user_by_email(std::string email) override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.find_user_by_email(std::move(email));
    }

    task<result<std::vector<user>>> list_users() override
    {
        if (cannot_read) co_return away();
        co_return co_await behind_.list_users();
    }

    task<result<revised<user>>> change_user(uuid id, user_change change) override
    {
        if (cannot_write) co_return away();
        co_return co_await behind_.change_user(id, std::move(change));
    }

    task<result<revised<user>>> delete_user(uuid id, time_point now) override
    {
        if (cannot_write) co_return away();
        co_return co_await behind_.delete_user(id, now);
    }

    void record_seen(const uuid& id, time_point when) noexcept override { behind_.record_seen(id, when); }
    store_health health() const override { return behind_.health(); }

private:
    class faulty_list final : public token_list {
    public:
        faulty_list(const faulty_store& from, std::unique_ptr<token_list> behind)
            : from_{from},
              behind_{std::move(behind)}
        {}

        task<result<std::vector<key_listing>>> next() override
        {
            if (from_.cannot_read) co_return away();
            co_return co_await behind_->next();
        }

    private:
        const faulty_store& from_;
        const std::unique_ptr<token_list> behind_;
    };

    static error_code away() { return storage_errc::unavailable; }

    store& behind_;
};

} // namespace latchkey::test
