#include "storage/sqlite_store.hpp"

#include "storage/sqlite_loader.hpp"
#include "storage/sqlite_schema.hpp"

#include <boost/asio/post.hpp>

namespace latchkey {
namespace {

using effect = sqlite_writer::effect;

constexpr std::size_t sweep_step = 256;  // short enough to hold up the shards for
constexpr std::size_t flush_step = 1024; // holds up nobody but the commit it is part of

template <class... Cases>
struct overloaded_cases : Cases... {
    using Cases::operator()...;
};
template <class... Cases> // clang 14 cannot deduce an aggregate's arguments
overloaded_cases(Cases...)->overloaded_cases<Cases...>;

// Nothing was there to change, as far as memory knows; but that may rest on a removal that is still on its
// way to the disk. Answering after it keeps "it is gone" true for whoever asks, even across a crash.
constexpr std::monostate after_all_before{};

} // namespace

// --- opening and closing

open_result<std::unique_ptr<sqlite_store>>
sqlite_store::open(const std::string& path, const clock& time, sqlite_options options)
{
    auto database = sqlite_database::open(path);
    if (!database) return database.error();
    const auto is_prepared = prepare_schema(*database, sqlite_migrations());
    if (!is_prepared) return is_prepared.error();
    // What a crash left in the log may be older than a wipe that is due.
    if (!database->checkpoint(sqlite_database::old_log::erased))
        return unusable_file(*database, "emptying its log");

    std::unique_ptr<sqlite_store> opened{new sqlite_store{time, options}};
    auto dropped = load_rows(*database, opened->table_);
    if (!dropped) return dropped.error();
    const auto id_tag_key = settle_id_tag_key(*database, options.id_tag_key);
    if (!id_tag_key) return id_tag_key.error();
    opened->id_tag_key_ = *id_tag_key;
    auto rows = sqlite_rows::prepare(*database);
    if (!rows) return rows.error();
    auto kept = sqlite_kept_lines::prepare(*database);
    if (!kept) return kept.error();

    sqlite_store& self = *opened;
    self.found_lines_ = kept->take_found();
    self.writer_ = std::make_unique<sqlite_writer>(
        std::move(*database),
        std::move(*rows),
        std::move(*kept),
        sqlite_writer::settings{
            options.queue_limit, options.probe_interval, options.longest_log, options.log_keeping},
        [&self](const mutation& change, bool is_durable) { return self.settle(change, is_durable); });
    self.dropped_before_ = std::move(*dropped);
    self.sweeper_ = std::make_unique<sweeper>([&self] { self.work_periodically(); });
    return opened;
}

sqlite_store::sqlite_store(const clock& time, sqlite_options options)
    : clock_{time},
      options_{options},
      table_{options.retention},
      next_flush_{std::chrono::steady_clock::now() + options.flush_interval}
{}

sqlite_store::~sqlite_store()
{
    if (writer_) close(); // not if opening failed halfway
}

void sqlite_store::close()
{
    if (is_closed_) return;
    sweeper_->stop();
    sweep();
    flush();
    // Nobody may stand between admission and queue, or the writer would never see what they bring.
    const std::lock_guard hold{order_};
    writer_->close();
    is_closed_ = true;
}

// --- writing

template <class Begin>
task<error_code> sqlite_store::write(sqlite_writer::effect of, Begin begin)
{
    auto writing = wait_for_write([this, of, &begin](std::unique_ptr<write_waiter> waiter) {
        error_code refusal;
        {
            const std::lock_guard hold{order_};
            refusal = writer_->admission(of);
            if (!refusal) {
                result<mutation> change = begin();
                if (change) {
                    writer_->submit(std::move(*change), std::move(waiter));
                    return;
                }
                refusal = change.error();
            }
        }
        completions refused;
        refused.add(std::move(waiter), refusal);
        refused.post();
    });
    const write_verdict verdict = co_await std::move(writing);
    co_return verdict.ec;
}

std::optional<mutation> sqlite_store::settle(const mutation& change, bool is_durable)
{
    const auto owe_if_failed = [&](const auto& one) -> std::optional<mutation> {
        if (is_durable) return std::nullopt;
        return mutation{one};
    };
    const overloaded_cases cases{
        [&](const key_creation& created) -> std::optional<mutation> {
            if (is_durable) {
                table_.commit_insert(created);
            } else {
                table_.withdraw_insert(created);
            }
            return std::nullopt;
        },
        [&](const key_extension& extended) -> std::optional<mutation> {
            if (is_durable) table_.commit_extend(extended);
            return std::nullopt;
        },
        [&](const user_creation& created) -> std::optional<mutation> {
            if (is_durable) {
                table_.commit_user(created);
            } else {
                table_.withdraw_user(created);
            }
            return std::nullopt;
        },
        [&](const user_rewrite& rewritten) -> std::optional<mutation> {
            return owe_if_failed(table_.settle_change(rewritten.changed.id, is_durable));
        },
        [](std::monostate) -> std::optional<mutation> { return std::nullopt; },
        owe_if_failed, // key_expiry, key_wipe, key_removal, key_use, user_sighting
    };
    return std::visit(cases, change);
}

// --- periodic work

template <class Change>
std::uint64_t sqlite_store::submit_all(std::vector<Change>& changes)
{
    std::uint64_t last = 0;
    for (Change& change : changes)
        last = writer_->submit(std::move(change), nullptr);
    changes.clear();
    return last;
}

void sqlite_store::work_periodically()
{
    sweep();
    counter_.count_if_due(table_, clock_.now());
    if (std::chrono::steady_clock::now() < next_flush_ || !writer_->health().can_write) return;
    flush();
    next_flush_ = std::chrono::steady_clock::now() + options_.flush_interval;
}

void sqlite_store::sweep()
{
    const std::lock_guard alone{sweeping_};
    const time_point now = clock_.now();
    table_.plan(now);
    bool is_finished = false;
    while (!is_finished) {
        std::uint64_t last = 0;
        {
            const std::lock_guard hold{order_};
            sweep_result swept = table_.sweep(now, sweep_step);
            take_dropped_before(swept);
            is_finished = swept.is_finished;
            last = std::max(submit_all(swept.wiped), submit_all(swept.removed));
        }
        writer_->wait_for(last); // a queue that holds one step at most, whatever has expired
    }
}

void sqlite_store::take_dropped_before(sweep_result& swept)
{
    const std::size_t count = std::min(sweep_step, dropped_before_.size());
    const auto from = dropped_before_.end() - static_cast<std::ptrdiff_t>(count);
    swept.removed.insert(swept.removed.end(), from, dropped_before_.end());
    dropped_before_.erase(from, dropped_before_.end());
    if (!dropped_before_.empty()) swept.is_finished = false;
}

void sqlite_store::flush()
{
    std::vector<user_sighting> sightings;
    table_.take_unwritten_sightings(sightings);
    writer_->wait_for(submit_all(sightings));

    std::vector<key_use> uses;
    for (std::size_t stripe = 0; stripe < key_table::stripe_count; ++stripe) {
        table_.take_unwritten_uses(stripe, uses);
        const bool is_last = stripe + 1 == key_table::stripe_count;
        if (uses.size() >= flush_step || is_last) writer_->wait_for(submit_all(uses));
    }
}

// --- the audit log

task<error_code> sqlite_store::audit_lines_kept()
{
    return write(effect::takes_away, []() -> result<mutation> { return mutation{after_all_before}; });
}

// --- keys

task<result<key_with_owner>> sqlite_store::ask(key_id id)
{
    co_return table_.find_with_owner(id);
}

task<result<void>> sqlite_store::insert_key(key_record key)
{
    const auto begin = [&]() -> result<mutation> {
        auto created = table_.begin_insert(std::move(key));
        if (!created) return created.error();
        return mutation{std::move(*created)};
    };
    const error_code ec = co_await write(effect::gives, begin);
    if (ec) co_return ec;
    co_return result<void>{};
}

task<result<void>> sqlite_store::insert_key_by(key_id creator, key_record key)
{
    const key_id id = key.id;
    const uuid owner = key.owner;
    const result<void> inserted = co_await insert_key(std::move(key));
    if (!inserted) co_return inserted;
    if (table_.is_good(creator, owner, clock_.now())) co_return result<void>{};
    static_cast<void>(co_await delete_key(id)); // in force at once, whatever becomes of the disk
    co_return storage_errc::creator_gone;
}

task<result<key_listing>> sqlite_store::find_key(key_id id)
{
    auto found = table_.find_key(id);
    if (!found) co_return found.error();
    co_return std::move(found->listing);
}

task<result<key_listing>> sqlite_store::find_key_by_name(uuid owner, std::string name)
{
    auto found = table_.find_key_by_name(owner, name);
    if (!found) co_return found.error();
    co_return std::move(found->listing);
}

std::unique_ptr<token_list> sqlite_store::list_tokens(key_query query)
{
    return table_.list_tokens(std::move(query));
}

task<result<std::vector<key_listing>>> sqlite_store::list_all_keys(uuid owner)
{
    co_return table_.list_all_keys(owner);
}

task<result<expiry_change>> sqlite_store::expire_key(key_id id, time_point now)
{
    result<key_expired> expired = storage_errc::not_found;
    const auto begin = [&]() -> result<mutation> {
        expired = table_.expire(id, now);
        if (!expired || !expired->change) return mutation{after_all_before};
        return mutation{*expired->change};
    };
    const error_code ec = co_await write(effect::takes_away, begin);
    if (ec) co_return ec;
    if (!expired) co_return expired.error();
    expired->answer.changed_at = revisions_.next(clock_.now());
    co_return std::move(expired->answer);
}

task<result<void>> sqlite_store::extend_key(key_id id, time_point until, time_point now)
{
    result<memory_table::extension> extended = storage_errc::not_found;
    const auto begin = [&]() -> result<mutation> {
        extended = table_.begin_extend(id, until, now);
        if (extended && extended->longer) return mutation{*extended->longer};
        if (extended && extended->shorter) return mutation{*extended->shorter};
        return mutation{after_all_before};
    };
    const error_code ec = co_await write(effect::gives, begin);
    if (ec) co_return ec;
    if (!extended) co_return extended.error();
    co_return result<void>{};
}

task<result<revised<key_listing>>> sqlite_store::delete_key(key_id id)
{
    result<key_found> removed = storage_errc::not_found;
    const auto begin = [&]() -> result<mutation> {
        removed = table_.remove(id);
        if (!removed) return mutation{after_all_before};
        return mutation{key_removal{removed->row}};
    };
    const error_code ec = co_await write(effect::takes_away, begin);
    if (ec) co_return ec;
    if (!removed) co_return removed.error();
    co_return revised<key_listing>{std::move(removed->listing), revisions_.next(clock_.now())};
}

// --- users

task<result<void>> sqlite_store::insert(user added, bool only_if_first)
{
    const auto begin = [&]() -> result<mutation> {
        auto created = table_.begin_insert_user(std::move(added), only_if_first);
        if (!created) return created.error();
        return mutation{std::move(*created)};
    };
    const error_code ec = co_await write(effect::gives, begin);
    if (ec) co_return ec;
    co_return result<void>{};
}

task<result<void>> sqlite_store::insert_user(user added)
{
    return insert(std::move(added), false);
}

task<result<void>> sqlite_store::insert_first_user(user added)
{
    return insert(std::move(added), true);
}

task<result<bool>> sqlite_store::has_users()
{
    co_return table_.has_users();
}

task<result<user>> sqlite_store::find_user(uuid id)
{
    co_return table_.find_user(id);
}

task<result<user>> sqlite_store::find_user_by_username(std::string username)
{
    co_return table_.find_user_by_username(username);
}

task<result<user>> sqlite_store::find_user_by_email(std::string email)
{
    co_return table_.find_user_by_email(email);
}

task<result<std::vector<user>>> sqlite_store::list_users()
{
    co_return table_.list_users();
}

task<result<revised<user>>> sqlite_store::change_user(uuid id, user_change change)
{
    result<user_changed> changed = storage_errc::not_found;
    const auto begin = [&]() -> result<mutation> {
        // What only gives would come to nothing; and each round of it would leave a debt.
        if (writer_->is_read_only() && !table_.takes_away(id, change)) return storage_errc::unavailable;
        changed = table_.begin_change(id, change);
        if (!changed) return mutation{after_all_before};
        return mutation{changed->change};
    };
    const error_code ec = co_await write(effect::takes_away, begin);
    if (ec) co_return ec;
    if (!changed) co_return changed.error();
    co_return revised<user>{std::move(changed->change.changed), revisions_.next(clock_.now())};
}

task<result<revised<user>>> sqlite_store::delete_user(uuid id, time_point now)
{
    result<user_changed> deleted = storage_errc::not_found;
    const auto begin = [&]() -> result<mutation> {
        deleted = table_.begin_delete(id, now);
        if (!deleted) return mutation{after_all_before};
        return mutation{deleted->change};
    };
    const error_code ec = co_await write(effect::takes_away, begin);
    if (ec) co_return ec;
    if (!deleted) co_return deleted.error();
    co_return revised<user>{std::move(deleted->before), revisions_.next(clock_.now())};
}

} // namespace latchkey
