// The way to Redis of verification, and of the proof of a caller.
#include "storage/redis_lookup_batch.hpp"
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

// The record without its digest, where the lifetime has ended; what verification then says is `expired`.
task<key_reading> read_expired(std::shared_ptr<redis_shard> here, key_id id, time_point now)
{
    redis_command both{"MGET"};
    both.key(redis_layout::meta(id)).key(redis_layout::owners(redis_layout::tag_of(id)));
    auto asking = here->client->run_tracked(std::move(both));
    tracked_reply answer = co_await std::move(asking);
    answer.reply = values_in(*here, std::move(answer.reply), 2);
    key_reading read{.found = storage_errc::not_found, .lease = std::move(answer.lease)};
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

} // namespace

task<result<key_with_owner>> redis_store::ask(key_id id)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    const cache_claim claim{here->cache, id};
    const time_point now = clock_.now();
    key_reading read;
    auto looking = redis_turn_batch<redis_lookup>::join(here, {.id = id, .now = now, .into = &read});
    co_await std::move(looking);
    const bool is_over = !read.found && read.found.error() == storage_errc::not_found && !read.is_living;
    if (is_over) {
        const lease_pointer absence = std::move(read.lease); // that no key lives has its own
        auto reading = read_expired(here, id, now);
        read = co_await std::move(reading);
        if (read.lease != absence) read.lease = nullptr;
    }
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
