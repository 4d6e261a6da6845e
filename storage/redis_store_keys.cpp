// The part of the Redis store that makes, finds and ends keys.
#include "storage/redis_fields.hpp"
#include "storage/redis_insertion_batch.hpp"
#include "storage/redis_scripts.hpp"
#include "storage/redis_store.hpp"

namespace latchkey {
namespace {

// How long a deletion is remembered for its own retry: longer than anybody waits for an answer.
constexpr std::chrono::milliseconds grave_lifetime{300'000};

// Adds the Redis keys that belong to a key, beside key and meta: the list, and a token's name.
void add_belongings(redis_call& call, const key_record& key)
{
    const std::string_view tag = redis_layout::tag_of(key.id);
    call.key(redis_layout::keys(tag, key.owner));
    if (key.login == login_type::token) call.key(redis_layout::name(tag, key.owner, key.name));
}

// How `lk:{T}:name:...` says who has the name.
std::string holder_of(const kept_key& kept)
{
    std::string holder{kept.record.id.view()};
    holder.append(" ").append(std::to_string(kept.record.owner_epoch));
    holder.append(" ").append(std::to_string(redis_layout::microseconds_of(kept.gone_at)));
    return holder;
}

std::string holder_prefix(const key_id& id)
{
    return std::string{id.view()} + ' ';
}

} // namespace

task<result<void>> redis_store::insert(key_record key, std::optional<key_id> creator)
{
    const noted_change noted{access_, key.id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    const std::string_view tag = redis_layout::tag_of(key.id);
    // Of another deployment's tags, as when Redis was emptied a moment ago: another id will do.
    if (tag != access_->tag_of(key.owner)) co_return storage_errc::id_taken;
    // Nor does a creator of other tags live any more.
    if (creator && redis_layout::tag_of(*creator) != tag) co_return storage_errc::creator_gone;

    kept_key kept;
    kept.gone_at = redis_layout::end_of_retention(key.expires_at, options_.retention);
    kept.stamp = redis_stamp();
    kept.record = std::move(key);
    const key_record& record = kept.record;
    for (bool is_first_try = true;; is_first_try = false) {
        error_code outcome;
        auto inserting = redis_turn_batch<redis_insertion>::join(
            here, {.made = &kept, .creator = &creator, .now = clock_.now(), .into = &outcome});
        co_await std::move(inserting);
        if (!outcome) co_return result<void>{};
        if (outcome != storage_errc::owner_gone || !is_first_try) co_return outcome;

        auto restoring = restore_standing(here, record.owner);
        const result<restoration> restored = co_await std::move(restoring);
        if (!restored) co_return restored.error();
        if (tag != access_->tag_of(record.owner)) co_return storage_errc::id_taken;
        if (*restored == restoration::no_such_user) co_return outcome;
    }
}

// --- finding

task<result<redis_store::seen_key>> redis_store::look_at(shard_pointer here, key_id id)
{
    redis_command all{"MGET"};
    all.key(redis_layout::meta(id))
        .key(redis_layout::key(id))
        .key(redis_layout::used(id))
        .key(redis_layout::owners(redis_layout::tag_of(id)));
    auto asking = here->client->run(std::move(all), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->items.size() != 4) co_return storage_errc::unavailable;
    redis_reply& meta = answer->items[0];
    redis_reply& key = answer->items[1];

    seen_key seen;
    // Where what lists show was evicted, the key itself must still be found, to be deleted.
    const bool has_meta = !meta.is_nil();
    seen.source = has_meta ? redis_layout::meta(id) : redis_layout::key(id);
    seen.text = std::move(has_meta ? meta.text : key.text);
    auto kept = has_meta ? parse_meta(id, seen.text, here->rights) : parse_key(id, seen.text, here->rights);
    if (!kept || kept->gone_at <= clock_.now()) co_return storage_errc::not_found;
    auto standing = find_standing(answer->items[3].text, kept->record.owner);
    const bool is_dropped = !standing || standing->owner.key_epoch != kept->record.owner_epoch;
    if (is_dropped) co_return storage_errc::not_found;

    seen.kept = std::move(*kept);
    seen.last_used = std::max(moment_in(answer->items[2].text), access_->last_use(id, *here));
    seen.username = std::move(standing->owner.username);
    co_return seen;
}

// Lists show no digest; who wants to verify asks otherwise.
key_listing redis_store::listing_of(seen_key seen) const
{
    key_listing listing{std::move(seen.kept.record), seen.last_used, std::move(seen.username)};
    listing.key.kind = digest_kind::wiped;
    listing.key.secret_digest.fill(0);
    return listing;
}

task<result<key_listing>> redis_store::find_key(key_id id)
{
    const executor where = co_await asio::this_coro::executor;
    auto looking = look_at(access_->on(where), id);
    result<seen_key> seen = co_await std::move(looking);
    if (!seen) co_return seen.error();
    co_return listing_of(std::move(*seen));
}

task<result<key_listing>> redis_store::find_key_by_name(uuid owner, std::string name)
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    redis_command who{"GET"};
    who.key(redis_layout::name(access_->tag_of(owner), owner, name));
    auto asking = here->client->run(std::move(who), redis_effect::read);
    result<redis_reply> answer = co_await std::move(asking);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    const auto id = key_id::parse(std::string_view{answer->text}.substr(0, key_id::length));
    if (!id) co_return storage_errc::not_found;

    auto looking = look_at(here, *id);
    result<seen_key> seen = co_await std::move(looking);
    if (!seen) co_return seen.error();
    const key_record& found = seen->kept.record;
    const bool is_meant = found.owner == owner && found.name == name && found.login == login_type::token;
    if (!is_meant) co_return storage_errc::not_found;
    co_return listing_of(std::move(*seen));
}

// --- ending and extending

task<result<std::optional<revision>>>
redis_store::rewrite(shard_pointer here, seen_key seen, time_point expires_at, time_point key_ends)
{
    kept_key kept = std::move(seen.kept);
    kept.record.expires_at = expires_at;
    kept.gone_at = redis_layout::end_of_retention(expires_at, options_.retention);
    const key_record& record = kept.record;
    redis_call call{redis_scripts::rewrite_key};
    call.key(seen.source).key(redis_layout::key(record.id)).key(redis_layout::meta(record.id));
    call.key(redis_layout::used(record.id));
    add_belongings(call, record);
    call.arg(seen.text).arg(meta_text(kept));
    if (key_ends == time_point{})
        call.arg("");
    else
        call.arg(redis_layout::milliseconds_of(key_ends));
    call.arg(redis_layout::milliseconds_of(kept.gone_at)).arg(redis_layout::microseconds_of(kept.gone_at));
    call.arg(redis_layout::place_of(record)).arg(holder_prefix(record.id)).arg(holder_of(kept));
    auto rewriting = run_mutation(here, std::move(call));
    const result<redis_reply> answer = co_await std::move(rewriting);
    if (!answer) co_return answer.error();
    co_return revision_in(*answer);
}

// The clock of where the key is kept, once the key has been looked at.
task<result<revision>> redis_store::revision_of(shard_pointer here, key_id id)
{
    redis_call call{redis_scripts::read_clock};
    call.key(redis_layout::meta(id));
    auto reading = here->client->run_script(std::move(call), redis_effect::read);
    result<redis_reply> answer = co_await std::move(reading);
    answer = here->note_read(std::move(answer));
    if (!answer) co_return answer.error();
    const std::optional<revision> read = revision_in(*answer);
    if (!read) co_return storage_errc::unavailable;
    co_return *read;
}

task<result<expiry_change>> redis_store::expire_key(key_id id, time_point now)
{
    const noted_change noted{access_, id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    for (int round = 0; round < most_rounds; ++round) {
        auto looking = look_at(here, id);
        result<seen_key> seen = co_await std::move(looking);
        if (!seen) co_return seen.error();
        expiry_change change;
        change.previous_expiry = seen->kept.record.expires_at;
        change.changed = change.previous_expiry > now;
        change.key = listing_of(*seen).key;
        if (!change.changed) { // by whoever it was
            auto dating = revision_of(here, id);
            const result<revision> dated = co_await std::move(dating);
            if (!dated) co_return dated.error();
            change.changed_at = *dated;
            co_return change;
        }

        change.key.expires_at = now;
        auto rewriting = rewrite(here, std::move(*seen), now, {});
        const result<std::optional<revision>> written = co_await std::move(rewriting);
        if (!written) co_return written.error();
        if (!*written) continue;
        change.changed_at = **written;
        co_return change;
    }
    co_return storage_errc::unavailable;
}

task<result<void>> redis_store::extend_key(key_id id, time_point until, time_point now)
{
    const noted_change noted{access_, id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    for (int round = 0; round < most_rounds; ++round) {
        auto looking = look_at(here, id);
        result<seen_key> seen = co_await std::move(looking);
        if (!seen) co_return seen.error();
        const time_point ends = seen->kept.record.expires_at;
        if (ends <= now || ends == until) co_return result<void>{};

        auto rewriting = rewrite(here, std::move(*seen), until, until);
        const result<std::optional<revision>> written = co_await std::move(rewriting);
        if (!written) co_return written.error();
        if (*written) co_return result<void>{};
    }
    co_return storage_errc::unavailable;
}

task<result<revised<key_listing>>> redis_store::delete_key(key_id id)
{
    const noted_change noted{access_, id};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    for (int round = 0; round < most_rounds; ++round) {
        auto looking = look_at(here, id);
        result<seen_key> seen = co_await std::move(looking);
        if (!seen) co_return seen.error();
        const key_record& record = seen->kept.record;
        redis_call call{redis_scripts::delete_key};
        call.key(seen->source).key(redis_layout::key(id)).key(redis_layout::meta(id));
        call.key(redis_layout::used(id)).key(redis_layout::gone(id));
        add_belongings(call, record);
        call.arg(seen->text).arg(seen->kept.stamp + ' ' + redis_stamp()).arg(redis_layout::place_of(record));
        call.arg(holder_prefix(id)).arg(grave_lifetime.count());
        auto deleting = run_mutation(here, std::move(call));
        const result<redis_reply> answer = co_await std::move(deleting);
        if (!answer) co_return answer.error();
        const std::optional<revision> deleted = revision_in(*answer);
        if (deleted) co_return revised<key_listing>{listing_of(std::move(*seen)), *deleted};
    }
    co_return storage_errc::unavailable;
}

} // namespace latchkey
