// The store in Redis, shared by any number of servers, none of which keeps anything of its own. Owned by the
// composition root; made by open(), ended by close(). Each io_context it is used on gets a client of its own.
//
// What Redis can hold of the promises in storage/store.hpp. A mutation that returned success was executed,
// and every server that asks Redis from then on sees it; how long it lasts is for Redis's own persistence
// and replication. A mutation that failed with unavailable may have been executed or not, and may still be
// while Redis sits on it (a pause, a partition): then what it gave is a key whose secret nobody was told, or
// what the caller meant; and what it was to take away is gone or as it was. Whoever must know asks again: a
// repeated call completes what is half done and has one effect. In a change that takes away and gives,
// taking away comes first. Times are judged by this process's clock; Redis's TTLs only see to it that
// nothing remains.
//
// With a cache (cache_lease above zero) a verification need not ask: `lookup` answers from what its shard has
// read, and Redis tells what of that changes (storage/redis_watch.hpp). The server that made a change uses
// nothing that it kept before from the answer on. Another server uses it until the news has come, and never
// later than one lease after Redis executed the change, whatever becomes of the news. When Redis is away, the
// cache answers until its lease ends, then `ask` says unavailable. Only `lookup` is cached: everything else
// reads what is there.
#pragma once

#include "storage/open_error.hpp"
#include "storage/redis_access.hpp"
#include "storage/redis_settling.hpp"

namespace latchkey {

struct redis_store_options {
    microseconds retention{std::chrono::hours{24 * 7}};
    std::chrono::milliseconds flush_interval{20'000}; // of the marks of use; at most a minute (contract A17)
    std::size_t cache_bytes = 0;                      // for each io_context that the store is used on
    std::chrono::milliseconds cache_lease{0};         // 0: every verification asks Redis
    std::optional<siphash_key> id_tag_key{};          // for a Redis without users: whose keys are to come
};

class redis_store final : public store {
public:
    // Refuses a Redis that is too old or may evict users. What works, but may surprise, is in warnings().
    static task<open_result<std::unique_ptr<redis_store>>>
    open(redis_client_factory make_client, const clock& time, redis_store_options options);

    // One line each, for the operator's log.
    const std::vector<std::string>& warnings() const noexcept { return warnings_; }

    // For what else is kept in the same Redis, over the same connections.
    const std::shared_ptr<redis_access>& access() const noexcept { return access_; }

    // Writes down what waits to be written. Not needed after a failure: what is lost are marks of use.
    task<result<void>> close();

    key_lookup lookup(const hashed_id& id, revision least = any_revision) noexcept override;
    void expect(const hashed_id& id, lookup_comes when) noexcept override;
    task<result<key_with_owner>> ask(key_id id) override;
    void record_use(const key_id& id, time_point when) noexcept override;

    std::string id_prefix(const uuid& owner) const override;
    std::optional<siphash_key> id_tag_key() const override { return access_->tag_key(); }
    task<result<void>> insert_key(key_record key) override { return insert(std::move(key), std::nullopt); }
    task<result<void>> insert_key_by(key_id creator, key_record key) override
    {
        return insert(std::move(key), creator);
    }
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
    task<result<user>> find_account(uuid id, revision least = any_revision) override;
    task<result<user>> find_user_by_username(std::string username) override;
    task<result<user>> find_user_by_email(std::string email) override;
    task<result<std::vector<user>>> list_users() override;
    task<result<revised<user>>> change_user(uuid id, user_change change) override;
    task<result<revised<user>>> delete_user(uuid id, time_point now) override;
    void record_seen(const uuid& id, time_point when) noexcept override;

    store_health health() const override;

    // Since the start, over all shards.
    cache_figures figures() const { return access_->figures(); }

    // What the calling shard's periodic work does for its cache anyway: marks of use are handed over, hashes
    // of keys that have expired go.
    task<void> tend();

private:
    using shard_pointer = std::shared_ptr<redis_shard>;

    // Of reading and writing under somebody else's writes; more say that Redis is out of order.
    static constexpr int most_rounds = 8;

    enum class write_fate {
        done,
        overtaken, // by somebody else's write: what was read is not so any more
    };
    enum class restoration { done, no_such_user };

    // A key that is there: of its owner's present epoch, and within its retention.
    struct seen_key {
        kept_key kept;
        std::string source; // name of the Redis key that the record was read from
        std::string text;   // what it held
        time_point last_used;
        std::string username;
    };

    struct seen_user {
        kept_user kept; // last_seen_at as it is
        std::string text;
    };

    redis_store(redis_client_factory make_client, const clock& time, redis_store_options options);

    task<open_result<void>> check_server(shard_pointer here);
    task<result<void>> take_over_tags(shard_pointer here, siphash_key key);
    open_result<void> check_info(const std::string& who, std::string_view info);

    // --- keys ---
    task<result<seen_key>> look_at(shard_pointer here, key_id id);
    // When, by the clock of Redis. Nothing: overtaken.
    task<result<std::optional<revision>>>
    rewrite(shard_pointer here, seen_key seen, time_point expires_at, time_point key_ends);
    key_listing listing_of(seen_key seen) const;
    // A revision of everything that was done to the key so far.
    task<result<revision>> revision_of(shard_pointer here, key_id id);

    // --- listing ---
    struct key_place {
        std::string place; // redis_layout::place_of
        uuid owner;
    };
    using places = std::vector<key_place>;
    class token_pages;
    using listings = std::vector<std::optional<key_listing>>; // nothing where the key is gone

    // Of one owner, or of everybody.
    task<result<places>> places_of(shard_pointer here, uuid owner);
    task<result<places>> places_of_all(shard_pointer here);
    // In the order of the places.
    task<result<listings>> read_places(shard_pointer here, places wanted);
    task<result<listings>> read_places_of_tag(shard_pointer here, places wanted);

    // --- users ---
    task<result<void>> insert(key_record key, std::optional<key_id> creator);
    task<result<void>> insert(user added, bool only_if_first);
    task<result<seen_user>> read_user(shard_pointer here, uuid id);
    task<result<user>> read_user_by(std::string_view index, std::string text);
    result<seen_user> user_of(const redis_reply& record, const redis_reply& seen) const;
    task<result<restoration>> restore_standing(shard_pointer here, uuid owner);
    struct standing_change {
        revision at = any_revision;           // by the clock of Redis
        std::optional<std::uint32_t> epoch{}; // afterwards; nothing: the standing is lost
        std::optional<std::int64_t>
            later{}; // the change that is there already is later: its count of changes
    };
    task<result<standing_change>> change_standing(
        shard_pointer here, uuid owner, std::int64_t change_count, std::string status, bool drops_keys);
    task<result<revision>> end_standing(shard_pointer here, uuid owner);
    task<result<revised<user>>> change_in_steps(shard_pointer here, uuid id, user_change change);
    task<result<write_fate>> replace_user(shard_pointer here, seen_user before, kept_user after);

    const clock& clock_;
    const redis_store_options options_;
    const std::shared_ptr<redis_access> access_;
    const std::shared_ptr<redis_settling> settling_;
    std::vector<std::string> warnings_;
};

} // namespace latchkey
