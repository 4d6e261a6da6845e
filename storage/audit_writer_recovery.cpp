// The audit writer where things do not go as planned: other files at the path, and failures.
#include "storage/audit_writer.hpp"

#include <boost/uuid/random_generator.hpp>

namespace latchkey {

void audit_writer::rotate()
{
    if (!sync_now()) return;
    std::string renamed_to;
    const error_code ec = output_->rotate(renamed_to);
    if (output_->size() != 0) {
        // Better one file that grows than no log.
        rotation_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
        set_problem("the audit log cannot be rotated: " + ec.message());
        return;
    }
    index_.sources().rename(file_number_, renamed_to);
    file_number_ = index_.sources().add_fresh(output_->path(), output_->identity());
    rotation_due_.reset();
    set_problem(ec ? "the audit log's directory cannot be synced: " + ec.message() : "");
}

void audit_writer::follow_path()
{
    if (probe_due_ || !output_->is_displaced() || !sync_now()) return;

    const std::uint64_t last_in_old = output_->last_seq();
    const error_code ec = output_->follow_path();
    if (output_->size() != 0 || output_->is_displaced()) {
        rotation_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
        set_problem("the audit log cannot be reopened, it goes on in the old file: " + ec.message());
        return;
    }
    file_number_ = index_.sources().add_fresh(output_->path(), output_->identity());

    // An entry at once, so that the chain can be taken up here after a restart, wherever the old file is
    // then.
    output_->stage(audit_note(clock_, "reopen", {{"last_seq_before", last_in_old}}));
    if (const error_code failure = output_->write_staged(true)) return fail(failure, "cannot be written");
    index_written();
    set_problem(ec ? "the audit log's directory cannot be synced: " + ec.message() : "");
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
    if (doubtful_from_ != 0) {
        // They were acknowledged, but the kernel may have dropped them: nobody can tell any more.
        fields["doubtful_from_seq"] = doubtful_from_;
        fields["doubtful_to_seq"] = output_->last_seq();
    }

    output_->stage(audit_note(clock_, "recover", std::move(fields)));
    if (output_->write_staged(true)) {
        probe_due_ = std::chrono::steady_clock::now() + options_.probe_interval;
        return;
    }
    probe_due_.reset();
    unsynced_from_ = 0;
    doubtful_from_ = 0;
    index_written();
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
    sync_due_.reset();
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
    entry.resource_type = "audit_log";
    entry.outcome = "allowed";
    entry.additional_fields = std::move(fields);
    return entry;
}

} // namespace latchkey
