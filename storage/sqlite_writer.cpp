#include "storage/sqlite_writer.hpp"

#include "storage/named_thread.hpp"

#include <algorithm>

namespace latchkey {
namespace {

using namespace std::chrono_literals;

// How long the writer must have had nothing to do before it moves the log into the database.
constexpr auto idle_time = 100ms;
// How long what was wiped or deleted may stay readable in the log of a busy server.
constexpr auto erasure_delay = 3s;

bool erases(const mutation& change) noexcept
{
    return std::holds_alternative<key_wipe>(change) || std::holds_alternative<key_removal>(change) ||
           std::holds_alternative<user_rewrite>(change); // of a password, perhaps
}

} // namespace

sqlite_writer::sqlite_writer(sqlite_database database,
                             sqlite_rows rows,
                             sqlite_kept_lines kept,
                             settings limits,
                             settle_function settle)
    : settings_{limits},
      settle_{std::move(settle)},
      database_{std::move(database)},
      rows_{std::move(rows)},
      kept_{std::move(kept)},
      thread_{named_thread("sqlite writer", [this] { run(); })}
{}

sqlite_writer::~sqlite_writer()
{
    close();
}

// --- called from other threads

error_code sqlite_writer::admission(effect of) const
{
    const std::lock_guard hold{mutex_};
    if (is_closing_) return storage_errc::unavailable;
    if (!problem_.empty() && of == effect::gives) return storage_errc::unavailable;
    if (queue_.size() >= settings_.queue_limit) return storage_errc::overloaded;
    return {};
}

std::uint64_t sqlite_writer::submit(mutation change, std::unique_ptr<write_waiter> waiter)
{
    std::uint64_t number = 0;
    bool is_awaited = false;
    {
        const std::lock_guard hold{mutex_};
        queue_.push_back({std::move(change), std::move(waiter)});
        number = ++submitted_;
        is_awaited = gathering_.is_awaited(queue_.size());
    }
    if (is_awaited) wake_.notify_one();
    return number;
}

void sqlite_writer::wait_for(std::uint64_t number)
{
    std::unique_lock hold{mutex_};
    settled_.wait(hold, [&] { return settled_count_ >= number; });
}

void sqlite_writer::keep(std::string_view lines)
{
    const std::lock_guard hold{mutex_};
    queued_lines_ += lines;
}

void sqlite_writer::release_kept()
{
    const std::lock_guard hold{mutex_};
    queued_lines_.clear();
    is_released_ = true;
}

void sqlite_writer::close()
{
    {
        const std::lock_guard hold{mutex_};
        is_closing_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

store_health sqlite_writer::health() const
{
    const std::lock_guard hold{mutex_};
    if (problem_.empty()) return {};
    return {true, false, "the database cannot be written, changes are refused until it can: " + problem_};
}

bool sqlite_writer::is_read_only() const
{
    const std::lock_guard hold{mutex_};
    return !problem_.empty();
}

// --- the writer's thread

void sqlite_writer::run()
{
    std::vector<request> batch;
    while (take(batch)) {
        const bool is_idle = batch.empty();
        if (is_read_only() && std::chrono::steady_clock::now() >= next_probe_) pay_debts();
        if (!is_idle) write(batch);
        batch.clear();
        tidy(is_idle);
    }
    if (is_read_only()) pay_debts(); // the last chance
    if (!is_read_only()) settle_lines();
    if (database_.log_pages() == 0 && !has_old_contents_) return;
    // If that fails, the log stays beside the file, complete.
    static_cast<void>(database_.checkpoint(sqlite_database::old_log::erased));
}

// Waits for work. False: closing, and all is done.
bool sqlite_writer::take(std::vector<request>& batch)
{
    std::unique_lock hold{mutex_};
    gathering_.begin();
    const auto has_work = [this] { return is_closing_ || !queue_.empty(); };
    if (const auto limit = patience(); limit > 0ms) {
        wake_.wait_for(hold, limit, has_work);
    } else {
        wake_.wait(hold, has_work);
    }
    if (queue_.empty()) return !is_closing_;
    gathering_.wait(
        wake_, hold, [this] { return queue_.size(); }, [this] { return is_closing_; });
    batch.swap(queue_);
    return true;
}

// Zero: there is nothing to do but wait for work. Called with the lock held.
std::chrono::milliseconds sqlite_writer::patience() const
{
    if (!problem_.empty()) return settings_.probe_interval;
    if (std::chrono::steady_clock::now() < next_checkpoint_) return settings_.probe_interval;
    if (database_.log_pages() > 0) return idle_time;
    return has_old_contents_ ? settings_.log_keeping : 0ms;
}

void sqlite_writer::write(std::vector<request>& batch)
{
    const bool is_durable = !is_read_only() && commit(batch);
    finish(batch, is_durable);
}

bool sqlite_writer::commit(const std::vector<request>& batch)
{
    const auto only_waits = [](const request& one) {
        return std::holds_alternative<std::monostate>(one.change);
    };
    take_lines();
    if (lines_.empty() && std::all_of(batch.begin(), batch.end(), only_waits)) return true;

    bool is_written = database_.execute("BEGIN IMMEDIATE");
    for (const request& one : batch) {
        is_written = is_written && rows_.apply(one.change);
        if (erases(one.change) && erased_since_ == steady_time{}) {
            erased_since_ = std::chrono::steady_clock::now();
        }
    }
    return end_transaction(is_written);
}

bool sqlite_writer::end_transaction(bool is_written)
{
    is_written = is_written && kept_.write(lines_) && database_.execute("COMMIT");
    kept_.settle(is_written);
    if (is_written) {
        lines_.clear();
    } else {
        turn_read_only();
        give_lines_back();
    }
    return is_written;
}

void sqlite_writer::take_lines()
{
    const std::lock_guard hold{mutex_};
    if (std::exchange(is_released_, false)) kept_.start_over();
    lines_.swap(queued_lines_);
}

// At the end: what the log could not sync stays for the next start, and nothing else does.
void sqlite_writer::settle_lines()
{
    take_lines();
    const bool are_needed = !lines_.empty();
    if (!are_needed && !kept_.are_all_old()) return;
    const bool is_begun = database_.execute("BEGIN IMMEDIATE");
    end_transaction(is_begun && (are_needed || kept_.clear()));
}

void sqlite_writer::give_lines_back()
{
    const std::lock_guard hold{mutex_};
    if (!is_released_) queued_lines_.insert(0, lines_);
    lines_.clear();
}

// From here on nothing new is begun, so that what follows in the queue fails in the order it came.
void sqlite_writer::turn_read_only()
{
    const std::string problem = database_.problem();
    next_probe_ = std::chrono::steady_clock::now() + settings_.probe_interval;
    {
        const std::lock_guard hold{mutex_};
        problem_ = problem;
    }
    // SQLite may have rolled back by itself; then there is nothing left to roll back, and that is an error.
    [[maybe_unused]] const bool was_open = database_.execute("ROLLBACK");
}

void sqlite_writer::finish(std::vector<request>& batch, bool is_durable)
{
    const error_code verdict = is_durable ? error_code{} : make_error_code(storage_errc::unavailable);
    for (request& one : batch) {
        if (auto debt = settle_(one.change, is_durable)) debts_.push_back(std::move(*debt));
        if (one.waiter) completions_.add(std::move(one.waiter), verdict);
    }
    completions_.post();
    {
        const std::lock_guard hold{mutex_};
        settled_count_ += batch.size();
    }
    settled_.notify_all();
}

// One commit for all of it: a part would let a restart bring back what memory refuses. Without debts it
// writes the version again, to see whether the disk takes anything.
bool sqlite_writer::pay_debts()
{
    take_lines();
    bool is_written = database_.execute("BEGIN IMMEDIATE");
    const auto version = is_written ? database_.ask("PRAGMA user_version") : std::nullopt;
    is_written = version && database_.execute(("PRAGMA user_version = " + std::to_string(*version)).c_str());
    for (const mutation& debt : debts_)
        is_written = is_written && rows_.apply(debt);
    if (!end_transaction(is_written)) return false;
    debts_.clear();
    erased_since_ = std::chrono::steady_clock::now();
    const std::lock_guard hold{mutex_};
    problem_.clear();
    return true;
}

// While nobody waits; on a busy server only what must be.
std::optional<sqlite_database::old_log> sqlite_writer::due_checkpoint(bool is_idle) const
{
    using enum sqlite_database::old_log;
    const int pages = database_.log_pages();
    const bool has_erased = erased_since_ != steady_time{};
    const bool must_erase = has_erased && std::chrono::steady_clock::now() - erased_since_ >= erasure_delay;
    if (must_erase || pages >= settings_.longest_log || (is_idle && pages > 0))
        return has_erased ? erased : kept;
    if (is_idle && has_old_contents_) return erased; // after log_keeping
    return std::nullopt;
}

void sqlite_writer::tidy(bool is_idle)
{
    const auto contents = due_checkpoint(is_idle);
    if (!contents || is_read_only() || std::chrono::steady_clock::now() < next_checkpoint_) return;
    if (!database_.checkpoint(*contents)) {
        // Nothing is lost, the log is complete. If the disk is full, the next commit will find out.
        next_checkpoint_ = std::chrono::steady_clock::now() + settings_.probe_interval;
        return;
    }
    has_old_contents_ = *contents == sqlite_database::old_log::kept;
    if (!has_old_contents_) erased_since_ = {};
}

} // namespace latchkey
