// The one thread that writes the audit log: drains a queue, writes in batches, syncs by policy, rotates, and
// after a failure tries again until the log can be written. Owned by audit_file, which closes it.
#pragma once

#include "storage/audit_index.hpp"
#include "storage/audit_log.hpp"
#include "storage/audit_options.hpp"
#include "storage/audit_output.hpp"
#include "storage/batch_gathering.hpp"
#include "storage/write_waiter.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace latchkey {

// An entry that the log writes about itself: `action` is repair, recover, reopen or alarm.
audit_entry audit_note(const clock& clock, std::string action, boost::json::object fields);

class audit_writer {
public:
    // `output` is positioned at the end of the chain. `clock` and `index` outlive the writer.
    audit_writer(audit_options options,
                 std::unique_ptr<audit_output> output,
                 audit_index& index,
                 const clock& clock);
    ~audit_writer();

    audit_writer(const audit_writer&) = delete;
    audit_writer& operator=(const audit_writer&) = delete;

    // Starts the thread. Writes `first` before anything else, on the calling thread.
    error_code start(const std::vector<audit_entry>& first);

    // Completes the waiter as audit_log::append says. Any thread.
    void append(audit_text entry, std::unique_ptr<write_waiter> waiter);

    // Syncs what is written, and then completes the waiter: unavailable if that fails. Any thread.
    void sync(std::unique_ptr<write_waiter> waiter);

    // Before the next batch: if the file at the path is another one, goes on there. Any thread.
    void reopen();

    // Writes what waits, syncs, joins the thread; further appends are unavailable. May be called twice.
    void close();

    // Any thread.
    audit_health health() const;

private:
    struct pending {
        audit_text entry;
        std::unique_ptr<write_waiter> waiter; // null: nobody waits, it is a note of the writer's own
    };

    using instant = std::chrono::steady_clock::time_point;

    struct work {
        std::vector<pending> batch;
        std::vector<std::unique_ptr<write_waiter>> syncs;
        bool should_reopen = false;
        bool should_stop = false;
    };

    // Of all, or of those that are kept elsewhere until then.
    bool syncs_each_batch() const { return options_.sync == audit_sync::always && !keeps_lines(); }
    bool keeps_lines() const { return options_.sync == audit_sync::always && options_.keeper; }

    void run();
    work wait_for_work();
    std::optional<instant> next_wake() const;
    void write_batch(std::vector<pending> batch);
    bool write_entries(const std::vector<pending>& batch);
    static std::vector<pending> as_pending(const std::vector<audit_entry>& notes);
    void stage(const std::vector<pending>& entries);
    void index_written(const std::vector<pending>& entries);
    void plan_sync();
    void sync_if_due(bool is_last);
    void sync_for(std::vector<std::unique_ptr<write_waiter>> waiters);
    bool sync_now();
    void make_room();
    void rotate();
    error_code take_fresh_file();
    void follow_path();
    void probe();
    void fail(const error_code& ec, std::string_view what);
    void set_problem(std::string problem);

    const audit_options options_;
    const std::unique_ptr<audit_output> output_;
    audit_index& index_;
    const clock& clock_;

    mutable std::mutex mutex_; // guards what follows
    std::condition_variable wake_;
    std::deque<pending> queue_;
    std::vector<std::unique_ptr<write_waiter>> syncs_;
    batch_gathering gathering_;
    bool reopen_requested_ = false;
    bool is_closed_ = false;
    bool can_write_ = true;
    std::size_t refused_ = 0; // since writing failed
    std::string problem_;
    error_code head_error_; // of the head record; the log itself is well
    std::uint64_t entries_ = 0;

    // The thread's own.
    completions completions_;
    std::uint32_t file_number_ = 0;
    std::optional<instant> sync_due_;
    std::optional<instant> probe_due_;
    std::optional<instant> rotation_due_; // not before; after a rotation that failed
    std::uint64_t unsynced_from_ = 0;     // first seq that was acknowledged without a sync; 0 for none
    std::uint64_t doubtful_from_ = 0;     // the same, of those whose sync failed
    time_point failed_since_;
    std::string failure_;

    std::thread thread_;
};

} // namespace latchkey
