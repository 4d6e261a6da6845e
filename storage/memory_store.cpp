#include "storage/memory_store.hpp"

namespace latchkey {
namespace {

result<key_listing> listing_of(result<key_found> found)
{
    if (!found) return found.error();
    return std::move(found->listing);
}

} // namespace

memory_store::memory_store(const clock& time, microseconds retention)
    : clock_{time},
      table_{retention},
      sweeper_{[this] {
          sweep();
          counter_.count_if_due(table_, clock_.now());
      }}
{}

void memory_store::sweep()
{
    constexpr std::size_t keys_at_a_time = 1000;
    const std::lock_guard alone{sweeping_};
    const time_point now = clock_.now();
    table_.plan(now);
    while (!table_.sweep(now, keys_at_a_time).is_finished) {
    }
}

task<result<key_with_owner>> memory_store::ask(key_id id)
{
    co_return table_.find_with_owner(id);
}

result<void> memory_store::insert(key_record key)
{
    const auto created = table_.begin_insert(std::move(key));
    if (!created) return created.error();
    table_.commit_insert(*created);
    return {};
}

task<result<void>> memory_store::insert_key(key_record key)
{
    co_return insert(std::move(key));
}

task<result<void>> memory_store::insert_key_by(key_id creator, key_record key)
{
    const key_id id = key.id;
    const uuid owner = key.owner;
    const result<void> inserted = insert(std::move(key));
    if (!inserted) co_return inserted;
    if (table_.is_good(creator, owner, clock_.now())) co_return result<void>{};
    static_cast<void>(table_.remove(id)); // gone already, perhaps, with all the others of its owner
    co_return storage_errc::creator_gone;
}

task<result<key_listing>> memory_store::find_key(key_id id)
{
    co_return listing_of(table_.find_key(id));
}

task<result<key_listing>> memory_store::find_key_by_name(uuid owner, std::string name)
{
    co_return listing_of(table_.find_key_by_name(owner, name));
}

std::unique_ptr<token_list> memory_store::list_tokens(key_query query)
{
    return table_.list_tokens(std::move(query));
}

task<result<std::vector<key_listing>>> memory_store::list_all_keys(uuid owner)
{
    co_return table_.list_all_keys(owner);
}

task<result<expiry_change>> memory_store::expire_key(key_id id, time_point now)
{
    auto expired = table_.expire(id, now);
    if (!expired) co_return expired.error();
    expired->answer.changed_at = revisions_.next(clock_.now());
    co_return std::move(expired->answer);
}

task<result<void>> memory_store::extend_key(key_id id, time_point until, time_point now)
{
    const auto extended = table_.begin_extend(id, until, now);
    if (!extended) co_return extended.error();
    if (extended->longer) table_.commit_extend(*extended->longer);
    co_return result<void>{};
}

task<result<revised<key_listing>>> memory_store::delete_key(key_id id)
{
    auto removed = table_.remove(id);
    if (!removed) co_return removed.error();
    co_return revised<key_listing>{std::move(removed->listing), revisions_.next(clock_.now())};
}

result<void> memory_store::insert(user added, bool only_if_first)
{
    const auto created = table_.begin_insert_user(std::move(added), only_if_first);
    if (!created) return created.error();
    table_.commit_user(*created);
    return {};
}

task<result<void>> memory_store::insert_user(user added)
{
    co_return insert(std::move(added), false);
}

task<result<void>> memory_store::insert_first_user(user added)
{
    co_return insert(std::move(added), true);
}

task<result<bool>> memory_store::has_users()
{
    co_return table_.has_users();
}

task<result<user>> memory_store::find_user(uuid id)
{
    co_return table_.find_user(id);
}

task<result<user>> memory_store::find_user_by_username(std::string username)
{
    co_return table_.find_user_by_username(username);
}

task<result<user>> memory_store::find_user_by_email(std::string email)
{
    co_return table_.find_user_by_email(email);
}

task<result<std::vector<user>>> memory_store::list_users()
{
    co_return table_.list_users();
}

task<result<revised<user>>> memory_store::change_user(uuid id, user_change change)
{
    const auto changed = table_.begin_change(id, change);
    if (!changed) co_return changed.error();
    table_.settle_change(id, true);
    co_return revised<user>{changed->change.changed, revisions_.next(clock_.now())};
}

task<result<revised<user>>> memory_store::delete_user(uuid id, time_point now)
{
    const auto deleted = table_.begin_delete(id, now);
    if (!deleted) co_return deleted.error();
    table_.settle_change(id, true);
    co_return revised<user>{deleted->before, revisions_.next(clock_.now())};
}

} // namespace latchkey
