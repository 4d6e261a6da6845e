#include "storage/redis_store.hpp"

#include "storage/redis_fields.hpp"

namespace latchkey {
namespace {

constexpr int oldest_version = 7;

// The value of "name:value" in what INFO answers.
std::string_view info_field(std::string_view info, std::string_view name)
{
    const std::string line = '\n' + std::string{name} + ':';
    const std::size_t begin = info.find(line);
    if (begin == info.npos) return {};
    info.remove_prefix(begin + line.size());
    return info.substr(0, info.find('\r'));
}

open_error too_old(const std::string& who, std::string_view version)
{
    return {storage_errc::unavailable,
            who + " is too old (version " + std::string{version} + "): --store needs 7.0 or later"};
}

open_error may_evict_users(const std::string& who, std::string_view policy)
{
    return {storage_errc::unavailable,
            who + " may evict users: its maxmemory-policy is " + std::string{policy} +
                "; set it to noeviction (CONFIG SET maxmemory-policy noeviction, and in redis.conf)"};
}

open_error out_of_reach(const redis_shard& here, const error_code& why)
{
    const std::string write_problem = here.condition->write_problem();
    const std::string problem = write_problem.empty() ? here.client->problem() : write_problem;
    return {why, problem.empty() ? "Redis cannot be reached: " + why.message() : problem};
}

} // namespace

redis_store::redis_store(redis_client_factory make_client, const clock& time, redis_store_options options)
    : clock_{time},
      options_{options},
      access_{std::make_shared<redis_access>(std::move(make_client),
                                             redis_access::settings{.flush_interval = options.flush_interval,
                                                                    .cache_bytes = options.cache_bytes,
                                                                    .cache_lease = options.cache_lease})},
      settling_{std::make_shared<redis_settling>(access_)}
{
    access_->add_chore(settling_);
}

task<open_result<std::unique_ptr<redis_store>>>
redis_store::open(redis_client_factory make_client, const clock& time, redis_store_options options)
{
    std::unique_ptr<redis_store> opened{new redis_store{std::move(make_client), time, options}};
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = opened->access_->on(where);
    auto checking = opened->check_server(here);
    const open_result<void> checked = co_await std::move(checking);
    if (!checked) co_return checked.error();

    auto agreeing = redis_access::agree_on_tags(opened->access_, here);
    const result<void> agreed = co_await std::move(agreeing);
    if (!agreed) co_return out_of_reach(*here, agreed.error());
    if (options.id_tag_key) {
        auto taking = opened->take_over_tags(here, *options.id_tag_key);
        const result<void> taken = co_await std::move(taking);
        if (!taken) co_return out_of_reach(*here, taken.error());
    }
    co_return std::move(opened);
}

// Servers that are running already take it up when they make the first key for one of the users to come, and
// with the next marks that they write: until then they look for what belongs to these users in other places.
task<result<void>> redis_store::take_over_tags(shard_pointer here, siphash_key key)
{
    if (access_->tag_key() == key) co_return result<void>{};
    auto asking = has_users();
    const result<bool> is_used = co_await std::move(asking);
    if (!is_used) co_return is_used.error();
    if (*is_used) co_return result<void>{};
    auto imposing = redis_access::impose_tags(access_, here, key);
    co_return co_await std::move(imposing);
}

task<open_result<void>> redis_store::check_server(shard_pointer here)
{
    auto asking = here->client->run_on_every_server(redis_command{"INFO"});
    result<std::vector<redis_answer>> answers = co_await std::move(asking);
    if (!answers) {
        here->note_connection();
        co_return out_of_reach(*here, answers.error());
    }
    for (redis_answer& each : *answers) {
        const result<redis_reply> info = here->note_write(std::move(each.reply));
        if (!info) co_return out_of_reach(*here, info.error());
        // Of several it matters which one is meant.
        const std::string who = answers->size() > 1 ? "Redis at " + each.server : "Redis";
        if (const open_result<void> checked = check_info(who, info->text); !checked)
            co_return checked.error();
    }
    co_return open_result<void>{};
}

open_result<void> redis_store::check_info(const std::string& who, std::string_view info)
{
    const std::string_view version = info_field(info, "redis_version");
    if (number_in(version) < oldest_version) return too_old(who, version);

    const std::string_view policy = info_field(info, "maxmemory_policy");
    if (policy.starts_with("allkeys-")) return may_evict_users(who, policy);
    if (policy.starts_with("volatile-")) {
        warnings_.push_back(who + " may evict tokens when its memory is full (maxmemory-policy " +
                            std::string{policy} +
                            "): an evicted token answers 401; noeviction refuses new ones instead");
    }
    return {};
}

task<result<void>> redis_store::close()
{
    const executor where = co_await asio::this_coro::executor;
    const shard_pointer here = access_->on(where);
    if (here->cache) here->cache->hand_over_uses(); // other shards' threads did so when they ended
    auto flushing = flush_at_the_end([this, here] { return redis_access::flush(access_, here); });
    co_return co_await std::move(flushing);
}

key_lookup redis_store::lookup(const hashed_id& id, revision least) noexcept
{
    key_cache* const cache = access_->cache_here();
    if (cache != nullptr) return cache->lookup(id, turn_time::now(), least);
    key_lookup answer;
    answer.what = key_lookup::outcome::ask;
    return answer;
}

void redis_store::expect(const hashed_id& id, lookup_comes when) noexcept
{
    const key_cache* const cache = access_->cache_here();
    if (cache != nullptr) cache->expect(id, when);
}

void redis_store::record_use(const key_id& id, time_point when) noexcept
{
    access_->marks().record_use(id, when);
}

void redis_store::record_seen(const uuid& id, time_point when) noexcept
{
    access_->marks().record_seen(id, when);
}

std::string redis_store::id_prefix(const uuid& owner) const
{
    return access_->tag_of(owner);
}

task<void> redis_store::tend()
{
    const executor where = co_await asio::this_coro::executor;
    auto tending = redis_access::tend_cache(access_->on(where), clock_.now());
    co_await std::move(tending);
}

store_health redis_store::health() const
{
    return access_->health();
}

} // namespace latchkey
