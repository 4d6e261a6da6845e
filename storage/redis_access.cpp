#include "storage/redis_access.hpp"

#include "storage/cache_seats.hpp"
#include "storage/hex_text.hpp"
#include "storage/random_bytes.hpp"
#include "storage/redis_mark_writing.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

namespace latchkey {
namespace {

constexpr std::chrono::seconds pace{1}; // at which a lost Redis is noticed without anybody's asking

std::atomic<std::uint64_t> next_number{1};

} // namespace

std::string redis_stamp()
{
    thread_local auto next = std::bit_cast<std::uint64_t>(random_bytes<sizeof(std::uint64_t)>());
    return to_hex(std::bit_cast<std::array<std::uint8_t, sizeof next>>(next++));
}

redis_access::redis_access(redis_client_factory make_client, settings chosen)
    : make_client_{std::move(make_client)},
      settings_{chosen},
      number_{next_number++},
      tag_key_{fresh_id_tag_key()}
{}

std::shared_ptr<redis_shard> redis_access::on(executor where)
{
    auto here = asio::use_service<redis_shards>(where.context()).find(this);
    if (!here) here = make_shard(where);
    if (here->cache) take_seat(number_, here->cache);
    return here;
}

std::shared_ptr<redis_shard> redis_access::make_shard(executor where)
{
    std::shared_ptr<key_cache> cache;
    if (settings_.cache_lease.count() > 0)
        cache = std::make_shared<key_cache>(settings_.cache_bytes, changes_, marks_);
    auto made = std::make_shared<redis_shard>(where, make_client_, cache, settings_.cache_lease);
    asio::use_service<redis_shards>(where.context()).add(weak_from_this(), made);
    {
        const std::lock_guard hold{mutex_};
        std::erase_if(conditions_, [](const auto& one) { return one.expired(); });
        conditions_.push_back(made->condition);
        std::erase_if(caches_, [](const auto& one) { return one.expired(); });
        if (cache) caches_.push_back(cache);
    }
    auto working = work_periodically(weak_from_this(), made);
    asio::co_spawn(where, std::move(working), rethrow);
    auto flushing = flush_uses_periodically(weak_from_this(), made);
    asio::co_spawn(where, std::move(flushing), rethrow);
    return made;
}

time_point redis_access::last_use(const key_id& id, const redis_shard& here) const
{
    const time_point marked = marks_->last_use(id);
    return here.cache ? std::max(marked, here.cache->last_use(id)) : marked;
}

key_cache* redis_access::cache_here() const noexcept
{
    return settings_.cache_lease.count() > 0 ? seat_of_thread(number_) : nullptr;
}

cache_figures redis_access::figures() const
{
    cache_figures sum;
    const std::lock_guard hold{mutex_};
    for (const auto& one : caches_) {
        if (const auto cache = one.lock()) cache->add_to(sum);
    }
    return sum;
}

std::string redis_access::tag_of(const uuid& owner) const
{
    const std::lock_guard hold{mutex_};
    return id_tag_of(owner, tag_key_);
}

siphash_key redis_access::tag_key() const
{
    const std::lock_guard hold{mutex_};
    return tag_key_;
}

task<result<void>> redis_access::impose_tags(std::shared_ptr<redis_access> self,
                                             std::shared_ptr<redis_shard> here,
                                             siphash_key key)
{
    redis_command setting{"SET"};
    setting.key(redis_layout::deployment).arg(std::string{key.begin(), key.end()});
    auto imposing = here->client->run(std::move(setting), redis_effect::idempotent);
    result<redis_reply> answer = co_await std::move(imposing);
    answer = here->note_write(std::move(answer));
    if (!answer) co_return answer.error();
    const std::lock_guard hold{self->mutex_};
    self->tag_key_ = key;
    co_return result<void>{};
}

task<result<void>> redis_access::agree_on_tags(std::shared_ptr<redis_access> self,
                                               std::shared_ptr<redis_shard> here)
{
    std::string ours;
    {
        const std::lock_guard hold{self->mutex_};
        ours.assign(self->tag_key_.begin(), self->tag_key_.end());
    }
    redis_command offer{"SET"};
    offer.key(redis_layout::deployment).arg(ours).arg("NX").arg("GET");
    auto offering = here->client->run(std::move(offer), redis_effect::idempotent);
    result<redis_reply> answer = co_await std::move(offering);
    answer = here->note_write(std::move(answer));
    if (!answer) co_return answer.error();
    if (answer->is_nil() || answer->text == ours) co_return result<void>{};
    if (answer->text.size() != ours.size()) co_return error_code{storage_errc::bad_file};

    const std::lock_guard hold{self->mutex_};
    std::copy(answer->text.begin(), answer->text.end(), self->tag_key_.begin());
    co_return result<void>{};
}

// --- marks

task<result<void>> redis_access::flush(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here)
{
    auto uses = write_uses(here, self->marks_, self->marks_->uses(), std::chrono::microseconds{0});
    error_code failure = co_await std::move(uses);
    if (failure) co_return failure;
    auto sightings = write_sightings(here, self->marks_);
    failure = co_await std::move(sightings);
    if (failure) co_return failure;
    co_return result<void>{};
}

// --- periodic work

// In parts, between which the context turns to others.
task<void> redis_access::tend_cache(std::shared_ptr<redis_shard> here, time_point now)
{
    while (here->cache && here->cache->tend_a_part(now))
        co_await asio::post(here->where, use_task);
}

task<void> redis_access::work_periodically(std::weak_ptr<redis_access> access,
                                           std::weak_ptr<redis_shard> shard)
{
    auto next_agreement = std::chrono::steady_clock::now();
    while (true) {
        // While this waits it keeps neither alive: the shard ends with its context, the store when it likes.
        std::shared_ptr<redis_shard::timer> pace_keeper;
        {
            std::shared_ptr<redis_shard> here = shard.lock();
            if (!here) co_return;
            const std::shared_ptr<redis_access> self = access.lock();
            if (!self) {
                auto& shards = asio::use_service<redis_shards>(here->where.context());
                here.reset();
                shards.tidy();
                co_return;
            }
            here->note_connection();
            auto tending =
                tend_cache(here, std::chrono::floor<microseconds>(std::chrono::system_clock::now()));
            co_await std::move(tending);
            const auto now = std::chrono::steady_clock::now();
            const bool is_time = now >= next_agreement || here->has_write_problem();
            if (is_time && here->client->is_connected()) {
                next_agreement = now + self->settings_.flush_interval;
                auto working = agree_and_flush_sightings(self, here);
                co_await std::move(working);
            }
            const std::vector<std::shared_ptr<redis_chore>> chores = self->chores();
            for (std::size_t index = 0; index < chores.size() && here->client->is_connected(); ++index) {
                auto working = chores[index]->work(here);
                co_await std::move(working);
            }
            pace_keeper = here->pace;
        }
        pace_keeper->expires_after(pace);
        auto tick = pace_keeper->async_wait(asio::as_tuple(asio::deferred));
        const auto waited = co_await std::move(tick);
        if (std::get<0>(waited)) co_return;
    }
}

// Writing something, be it only the key of the tags, also finds out whether Redis can be written again.
task<void> redis_access::agree_and_flush_sightings(std::shared_ptr<redis_access> self,
                                                   std::shared_ptr<redis_shard> here)
{
    auto agreeing = agree_on_tags(self, here);
    const result<void> agreed = co_await std::move(agreeing);
    if (!agreed) co_return;
    auto writing = write_sightings(here, self->marks_);
    static_cast<void>(co_await std::move(writing)); // what could not be written stays for the next turn
}

task<void> redis_access::flush_uses_periodically(std::weak_ptr<redis_access> access,
                                                 std::weak_ptr<redis_shard> shard)
{
    while (true) {
        std::shared_ptr<redis_shard::timer> pace_keeper; // as above
        {
            const std::shared_ptr<redis_shard> here = shard.lock();
            const std::shared_ptr<redis_access> self = access.lock();
            if (!here || !self) co_return;
            if (here->client->is_connected()) {
                auto flushing = flush_uses(self, here);
                co_await std::move(flushing);
            }
            pace_keeper = here->flush_pace;
            pace_keeper->expires_after(redis_marks::turn(self->settings_.flush_interval));
        }
        auto tick = pace_keeper->async_wait(asio::as_tuple(asio::deferred));
        const auto waited = co_await std::move(tick);
        if (std::get<0>(waited)) co_return;
    }
}

// Those that are due. What could not be written is due again.
task<void> redis_access::flush_uses(std::shared_ptr<redis_access> self, std::shared_ptr<redis_shard> here)
{
    if (!self->marks_->begin_flush()) co_return; // another shard is at it
    struct flush_end {
        redis_marks& marks;
        ~flush_end() { marks.end_flush(); }
    } const ends{self->marks()};
    const std::chrono::milliseconds interval = self->settings_.flush_interval;
    auto due = self->marks_->uses_due(std::chrono::steady_clock::now(), interval);
    auto writing = write_uses(here, self->marks_, std::move(due), redis_marks::turn(interval) / 2);
    static_cast<void>(co_await std::move(writing));
}

void redis_access::add_chore(std::weak_ptr<redis_chore> chore)
{
    const std::lock_guard hold{mutex_};
    chores_.push_back(std::move(chore));
}

std::vector<std::shared_ptr<redis_chore>> redis_access::chores() const
{
    std::vector<std::shared_ptr<redis_chore>> living;
    const std::lock_guard hold{mutex_};
    for (const auto& one : chores_) {
        if (auto chore = one.lock()) living.push_back(std::move(chore));
    }
    return living;
}

store_health redis_access::health() const
{
    store_health seen;
    const std::lock_guard hold{mutex_};
    for (const auto& one : conditions_) {
        const auto condition = one.lock();
        if (!condition) continue;
        const std::string read_problem = condition->read_problem();
        const std::string write_problem = condition->write_problem();
        if (!read_problem.empty()) seen.can_read = false;
        if (!read_problem.empty() || !write_problem.empty()) seen.can_write = false;
        if (seen.problem.empty()) seen.problem = read_problem.empty() ? write_problem : read_problem;
    }
    return seen;
}

} // namespace latchkey
