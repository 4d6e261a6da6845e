#include "storage/audit_writer.hpp"

#include "storage/named_thread.hpp"

namespace latchkey {
namespace {

constexpr std::size_t batch_limit = 1024; // entries in one write

} // namespace

audit_writer::audit_writer(audit_options options,
                           std::unique_ptr<audit_output> output,
                           audit_index& index,
                           const clock& clock)
    : options_{std::move(options)},
      output_{std::move(output)},
      index_{index},
      clock_{clock}
{
    file_number_ = index_.sources().number_of(output_->path(), output_->identity());
    entries_ = output_->last_seq();
    head_error_ = output_->head_error();
    if (keeps_lines()) output_->remember_unsynced();
}

audit_writer::~audit_writer()
{
    close();
}

error_code audit_writer::start(const std::vector<audit_entry>& first)
{
    if (!first.empty()) {
        const std::vector<pending> notes = as_pending(first);
        stage(notes);
        if (const error_code ec = output_->write_staged(true)) return ec;
        index_written(notes);
    }
    thread_ = named_thread("audit writer", [this] { run(); });
    return {};
}

void audit_writer::append(audit_text entry, std::unique_ptr<write_waiter> waiter)
{
    storage_errc refusal = storage_errc::unavailable;
    {
        const std::lock_guard lock{mutex_};
        if (is_closed_ || !can_write_) {
            ++refused_;
        } else if (options_.when_full == audit_when_full::refuse && queue_.size() >= options_.queue_limit) {
            refusal = storage_errc::overloaded;
        } else {
            queue_.push_back({std::move(entry), std::move(waiter)});
            if (gathering_.is_awaited(queue_.size())) wake_.notify_one();
            return;
        }
    }
    completions refused;
    refused.add(std::move(waiter), refusal);
    refused.post();
}

void audit_writer::sync(std::unique_ptr<write_waiter> waiter)
{
    {
        const std::lock_guard lock{mutex_};
        if (!is_closed_) {
            syncs_.push_back(std::move(waiter));
            wake_.notify_one();
            return;
        }
    }
    completions refused;
    refused.add(std::move(waiter), storage_errc::unavailable);
    refused.post();
}

void audit_writer::reopen()
{
    {
        const std::lock_guard lock{mutex_};
        reopen_requested_ = true;
    }
    wake_.notify_one();
}

void audit_writer::close()
{
    {
        const std::lock_guard lock{mutex_};
        is_closed_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

audit_health audit_writer::health() const
{
    const std::lock_guard lock{mutex_};
    if (problem_.empty() && head_error_) {
        return {can_write_,
                "the head record of the audit log cannot be written: " + head_error_.message(),
                entries_,
                queue_.size()};
    }
    return {can_write_, problem_, entries_, queue_.size()};
}

void audit_writer::run()
{
    for (bool should_stop = false; !should_stop;) {
        work next = wait_for_work();
        should_stop = next.should_stop;
        if (probe_due_ && std::chrono::steady_clock::now() >= *probe_due_) probe();
        if (next.should_reopen) follow_path();
        if (!next.batch.empty()) write_batch(std::move(next.batch));
        sync_if_due(should_stop);
        if (!next.syncs.empty()) sync_for(std::move(next.syncs));
    }
}

audit_writer::work audit_writer::wait_for_work()
{
    std::unique_lock lock{mutex_};
    gathering_.begin();
    const auto has_work = [this] {
        return is_closed_ || reopen_requested_ || !syncs_.empty() || !queue_.empty();
    };
    if (const auto until = next_wake())
        wake_.wait_until(lock, *until, has_work);
    else
        wake_.wait(lock, has_work);
    // What is not synced costs a batch next to nothing, and nobody need wait.
    const auto queued = [this] { return std::min(queue_.size(), batch_limit); };
    if (syncs_each_batch() && !queue_.empty())
        gathering_.wait(wake_, lock, queued, [this] { return is_closed_ || reopen_requested_; });

    work next;
    while (!queue_.empty() && next.batch.size() < batch_limit) {
        next.batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    next.syncs = std::exchange(syncs_, {});
    next.should_reopen = std::exchange(reopen_requested_, false);
    next.should_stop = is_closed_ && queue_.empty();
    return next;
}

std::optional<audit_writer::instant> audit_writer::next_wake() const
{
    if (sync_due_ && probe_due_) return std::min(*sync_due_, *probe_due_);
    return sync_due_ ? sync_due_ : probe_due_;
}

void audit_writer::write_batch(std::vector<pending> batch)
{
    if (!probe_due_) make_room();
    const bool is_written = !probe_due_ && write_entries(batch);
    error_code verdict;
    if (!is_written) {
        verdict = storage_errc::unavailable;
        const std::lock_guard lock{mutex_};
        refused_ += batch.size();
    }
    for (auto& entry : batch)
        completions_.add(std::move(entry.waiter), verdict);
    completions_.post();
}

bool audit_writer::write_entries(const std::vector<pending>& batch)
{
    stage(batch);
    const std::uint64_t first = output_->last_seq() + 1;
    if (const error_code ec = output_->write_staged(syncs_each_batch())) {
        fail(ec, "cannot be written");
        return false;
    }
    if (keeps_lines()) options_.keeper->keep_audit_lines(output_->written_text());
    plan_sync();
    if (output_->has_unsynced() && unsynced_from_ == 0) unsynced_from_ = first;
    index_written(batch);
    return true;
}

std::vector<audit_writer::pending> audit_writer::as_pending(const std::vector<audit_entry>& notes)
{
    std::vector<pending> nobodys;
    nobodys.reserve(notes.size());
    for (const audit_entry& note : notes)
        nobodys.push_back({audit_text{note}, nullptr});
    return nobodys;
}

void audit_writer::stage(const std::vector<pending>& entries)
{
    for (const pending& one : entries)
        output_->stage(one.entry);
}

// These, staged and written.
void audit_writer::index_written(const std::vector<pending>& entries)
{
    const auto lines = output_->written();
    for (std::size_t index = 0; index < lines.size(); ++index)
        index_.add(file_number_, lines[index].offset, lines[index].size, entries[index].entry.facts());
    const std::lock_guard lock{mutex_};
    entries_ = output_->last_seq();
    head_error_ = output_->head_error();
}

void audit_writer::plan_sync()
{
    const auto now = std::chrono::steady_clock::now();
    if (options_.sync == audit_sync::interval && !sync_due_) sync_due_ = now + options_.sync_interval;
    if (!keeps_lines()) return;
    if (!sync_due_) sync_due_ = now + options_.kept_interval;
    if (output_->unsynced_bytes() >= options_.kept_bytes) sync_due_ = now;
}

void audit_writer::sync_if_due(bool is_last)
{
    // Once a sync has failed, one that succeeds proves nothing about what was written before.
    if (doubtful_from_ != 0) return sync_due_.reset();
    const bool is_due = sync_due_ && std::chrono::steady_clock::now() >= *sync_due_;
    if (is_due || is_last) sync_now();
}

bool audit_writer::sync_now()
{
    sync_due_.reset();
    if (!output_->has_unsynced()) return true;
    if (const error_code ec = output_->sync()) {
        fail(ec, "cannot be synced");
        if (!keeps_lines()) doubtful_from_ = unsynced_from_; // those that are kept are written anew
        return false;
    }
    unsynced_from_ = 0;
    if (keeps_lines()) options_.keeper->release_audit_lines();
    const std::lock_guard lock{mutex_};
    head_error_ = output_->head_error();
    return true;
}

void audit_writer::sync_for(std::vector<std::unique_ptr<write_waiter>> waiters)
{
    const bool is_synced = doubtful_from_ == 0 && sync_now();
    for (auto& waiter : waiters)
        completions_.add(std::move(waiter), is_synced ? error_code{} : storage_errc::unavailable);
    completions_.post();
}

void audit_writer::make_room()
{
    if (output_->is_deleted()) return follow_path();
    if (options_.rotate_bytes == 0 || output_->size() < options_.rotate_bytes) return;
    if (rotation_due_ && std::chrono::steady_clock::now() < *rotation_due_) return;
    if (output_->is_displaced())
        follow_path();
    else
        rotate();
}

} // namespace latchkey
