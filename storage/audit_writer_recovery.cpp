// The audit writer where things do not go as planned: other files at the path, and failures.
#include "storage/audit_writer.hpp"

#include <boost/uuid/random_generator.hpp>

namespace latchkey {

void audit_writer::rotate()
{
    if (!sync_now()) return;
    std::string renamed_to;
    if (const error_code ec = output_->rotate(renamed_to)) {
        // Better one file that grows than no log.
        rotation_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
        set_problem("the audit log cannot be rotated: " + ec.message());
        return;
    }
    index_.sources().rename(file_number_, renamed_to);
    file_number_ = index_.sources().add_fresh(output_->path(), output_->identity());
    rotation_due_.reset();
    set_problem("");
}

error_code audit_writer::take_fresh_file()
{
    if (const error_code ec = output_->follow_path()) return ec;
    file_number_ = index_.sources().add_fresh(output_->path(), output_->identity());
    rotation_due_.reset();
    return {};
}

void audit_writer::follow_path()
{
    if (probe_due_ || !output_->is_displaced() || !sync_now()) return;

    const std::uint64_t last_in_old = output_->last_seq();
    const bool is_old_deleted = output_->is_deleted();
    if (const error_code ec = take_fresh_file()) {
        if (is_old_deleted) return fail(ec, "was deleted and cannot be created anew");
        rotation_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
        set_problem("the audit log cannot be reopened, it goes on in the old file: " + ec.message());
        return;
    }

    // An entry at once: the chain can then be taken up here after a restart, wherever the old file is.
    const std::vector<pending> note = as_pending(
        {audit_note(clock_, "reopen", {{"last_seq_before", last_in_old}, {"was_deleted", is_old_deleted}})});
    stage(note);
    if (const error_code ec = output_->write_staged(true)) return fail(ec, "cannot be written");
    index_written(note);
    set_problem("");
}

// Tries to write an entry that tells of the failure; once that is durable, the log is writable again.
void audit_writer::probe()
{
    boost::json::object fields{{"reason", failure_}};
    {
        const std::lock_guard lock{mutex_};
        fields["refused"] = refused_;
    }
    fields["failed_for_seconds"] =
        std::chrono::duration_cast<std::chrono::seconds>(clock_.now() - failed_since_).count();
    if (output_->is_deleted() && output_->has_unsynced())
        doubtful_from_ = unsynced_from_; // gone with the file
    if (doubtful_from_ != 0) {
        // They were acknowledged, but the kernel may have dropped them: nobody can tell any more.
        fields["doubtful_from_seq"] = doubtful_from_;
        fields["doubtful_to_seq"] = output_->last_seq();
    }

    probe_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
    if (output_->is_deleted() && take_fresh_file()) return;
    const std::vector<pending> note = as_pending({audit_note(clock_, "recover", std::move(fields))});
    stage(note);
    if (output_->write_staged(true)) return;
    if (keeps_lines()) options_.keeper->release_audit_lines();
    probe_due_.reset();
    unsynced_from_ = 0;
    doubtful_from_ = 0;
    index_written(note);
    const std::lock_guard lock{mutex_};
    can_write_ = true;
    refused_ = 0;
    problem_.clear();
}

void audit_writer::fail(const error_code& ec, std::string_view what)
{
    failure_ = std::string{what} + ": " + ec.message();
    failed_since_ = clock_.now();
    probe_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
    const std::lock_guard lock{mutex_};
    can_write_ = false;
    problem_ = "the audit log " + failure_;
}

void audit_writer::set_problem(std::string problem)
{
    const std::lock_guard lock{mutex_};
    problem_ = std::move(problem);
}

audit_entry audit_note(const clock& clock, std::string action, boost::json::object fields)
{
    audit_entry entry;
    entry.id = boost::uuids::random_generator{}();
    entry.time = clock.now();
    entry.action = std::move(action);
    entry.resource_type = audit_log_resource;
    entry.outcome = "allowed";
    entry.additional_fields = std::move(fields);
    return entry;
}

} // namespace latchkey
