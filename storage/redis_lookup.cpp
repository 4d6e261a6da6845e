// Verification's way to Redis.
#include "storage/redis_store.hpp"

namespace latchkey {
namespace {

// The record without its digest, where the lifetime has ended; what verification then says is `expired`.
task<result<key_with_owner>> read_expired(std::shared_ptr<redis_shard> here, key_id id, time_point now)
{
    redis_command both{"MGET"};
    both.key(redis_layout::meta(id)).key(redis_layout::owners(redis_layout::tag_of(id)));
    auto asking = here->client->run(std::move(both), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 2) co_return storage_errc::unavailable;

    auto kept = parse_meta(id, answer->items[0].text, here->rights);
    if (!kept) co_return storage_errc::not_found;
    auto standing = find_standing(answer->items[1].text, kept->record.owner);
    // A key that should still live has been lost, by eviction say: that it was there is no help to anybody.
    if (!standing || kept->record.expires_at > now || kept->gone_at <= now) co_return storage_errc::not_found;
    kept->record.kind = digest_kind::wiped;
    co_return key_with_owner{std::move(kept->record), std::move(standing->owner)};
}

} // namespace

task<result<key_with_owner>> read_key_with_owner(std::shared_ptr<redis_shard> here, key_id id, time_point now)
{
    redis_command both{"MGET"};
    both.key(redis_layout::key(id)).key(redis_layout::owners(redis_layout::tag_of(id)));
    auto asking = here->client->run(std::move(both), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 2) co_return storage_errc::unavailable;

    auto kept = parse_key(id, answer->items[0].text, here->rights);
    if (!kept || kept->record.expires_at <= now) {
        auto looking = read_expired(here, id, now);
        co_return co_await std::move(looking);
    }
    auto standing = find_standing(answer->items[1].text, kept->record.owner);
    if (!standing) co_return storage_errc::not_found;
    co_return key_with_owner{std::move(kept->record), std::move(standing->owner)};
}

task<result<key_with_owner>> redis_store::ask(key_id id)
{
    const executor where = co_await asio::this_coro::executor;
    auto asking = read_key_with_owner(access_->on(where), id, clock_.now());
    result<key_with_owner> found = co_await std::move(asking);
    const bool is_dropped = found && found->key.owner_epoch != found->owner.key_epoch;
    if (is_dropped) co_return storage_errc::not_found;
    co_return found;
}

} // namespace latchkey
