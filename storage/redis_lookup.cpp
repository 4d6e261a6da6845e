// The way to Redis of verification, and of the proof of a caller.
#include "storage/redis_store.hpp"

namespace latchkey {
namespace {

// The right to keep what one read brings, from before the read leaves; given back when the read fails.
class cache_claim {
public:
    cache_claim(std::shared_ptr<key_cache> cache, const key_id& id)
        : cache_{std::move(cache)},
          id_{id},
          ticket_{cache_ ? cache_->claim(id) : 0}
    {}
    cache_claim(const cache_claim&) = delete;
    cache_claim& operator=(const cache_claim&) = delete;
    ~cache_claim()
    {
        if (cache_) cache_->give_up(id_, ticket_);
    }

    void settle(const key_reading& read) const noexcept
    {
        if (!cache_) return;
        if (read.found)
            cache_->keep(id_, ticket_, *read.found, read.lease);
        else if (read.found.error() == storage_errc::not_found)
            cache_->keep_absent(id_, ticket_, read.lease);
    }

private:
    std::shared_ptr<key_cache> cache_;
    key_id id_;
    key_cache::ticket ticket_;
};

task<tracked_reply> ask_for_two(redis_shard& here, std::string_view first, std::string_view second)
{
    redis_command both{"MGET"};
    both.key(first).key(second);
    return here.client->run_tracked(std::move(both));
}

// Both values, or why not, of what `ask_for_two` brought.
void judge_two(redis_shard& here, tracked_reply& answer)
{
    answer.reply = here.note_read(std::move(answer.reply));
    const bool is_odd = answer.reply && answer.reply->items.size() != 2;
    if (is_odd) answer.reply = storage_errc::unavailable;
}

// The record without its digest, where the lifetime has ended; what verification then says is `expired`.
task<key_reading> read_expired(std::shared_ptr<redis_shard> here, key_id id, time_point now)
{
    auto asking = ask_for_two(*here, redis_layout::meta(id), redis_layout::owners(redis_layout::tag_of(id)));
    tracked_reply answer = co_await std::move(asking);
    judge_two(*here, answer);
    key_reading read{storage_errc::not_found, answer.lease};
    if (!answer.reply) {
        read.found = answer.reply.error();
        co_return read;
    }
    auto kept = parse_meta(id, answer.reply->items[0].text, here->rights);
    if (!kept) co_return read;
    auto standing = find_standing(answer.reply->items[1].text, kept->record.owner);
    // A key that should still live has been lost, by eviction say: that it was there is no help to anybody.
    if (!standing || kept->record.expires_at > now || kept->gone_at <= now) co_return read;
    kept->record.kind = digest_kind::wiped;
    read.found = key_with_owner{std::move(kept->record), std::move(standing->owner)};
    co_return read;
}

// False: there is no key that lives. One whose owner is gone is not found.
bool take_living(key_reading& into,
                 const redis_reply& key_and_owners,
                 const key_id& id,
                 time_point now,
                 rights_cache& rights)
{
    auto kept = parse_key(id, key_and_owners.items[0].text, rights);
    if (!kept || kept->record.expires_at <= now) return false;
    auto standing = find_standing(key_and_owners.items[1].text, kept->record.owner);
    if (standing) into.found = key_with_owner{std::move(kept->record), std::move(standing->owner)};
    return true;
}

} // namespace

task<key_reading> read_key_with_owner(std::shared_ptr<redis_shard> here, key_id id, time_point now)
{
    auto asking = ask_for_two(*here, redis_layout::key(id), redis_layout::owners(redis_layout::tag_of(id)));
    tracked_reply answer = co_await std::move(asking);
    judge_two(*here, answer);
    key_reading read{storage_errc::not_found, answer.lease};
    if (!answer.reply) {
        read.found = answer.reply.error();
        co_return read;
    }
    if (take_living(read, *answer.reply, id, now, here->rights)) co_return read;
    auto looking = read_expired(here, id, now);
    read = co_await std::move(looking);
    if (read.lease != answer.lease) read.lease = nullptr; // that the key is not there has its own
    co_return read;
}

task<result<key_with_owner>> redis_store::ask(key_id id)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    const cache_claim claim{here->cache, id};
    auto reading = read_key_with_owner(here, id, clock_.now());
    key_reading read = co_await std::move(reading);
    const bool is_dropped = read.found && read.found->key.owner_epoch != read.found->owner.key_epoch;
    if (is_dropped) read.found = storage_errc::not_found;
    claim.settle(read);
    co_return std::move(read.found);
}

task<result<user>> redis_store::find_account(uuid id, revision least)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    user_cache* const users = here->cache ? &here->cache->users() : nullptr;
    user_cache::era before = 0;
    if (users != nullptr) {
        // A revision is of the server that keeps his keys; his record may lie on another one of a Cluster.
        const user* const known =
            least == any_revision ? users->find(id, redis_lease::clock::now()) : nullptr;
        if (known != nullptr) co_return *known;
        before = users->present();
    }
    redis_command who{"HGET"};
    who.key(redis_layout::user_records).arg(to_string(id));
    auto asking = here->client->run_tracked(std::move(who));
    tracked_reply answer = co_await std::move(asking);
    answer.reply = here->note_read(std::move(answer.reply));
    if (!answer.reply) co_return answer.reply.error();
    result<seen_user> found = user_of(*answer.reply, redis_reply{});
    if (!found) co_return found.error();
    if (users != nullptr) users->keep(found->kept.record, before, std::move(answer.lease));
    co_return std::move(found->kept.record);
}

} // namespace latchkey
