// The audit log in an append-only, chained file. Made by main, one for all shards, and closed by it before
// their io_contexts are destroyed. Owns the writer's thread and the one that builds the index at start.
#pragma once

#include "storage/audit_index.hpp"
#include "storage/audit_log.hpp"
#include "storage/audit_options.hpp"
#include "storage/audit_writer.hpp"
#include "storage/open_error.hpp"
#include "storage/worker_pool.hpp"

#include <memory>
#include <string>
#include <utility>

namespace latchkey {

class audit_file final : public audit_log {
public:
    // Opens or creates the log, takes its lock, repairs a torn end (and notes that in the log), and starts to
    // index what is there. The error is one line that says what is wrong and what to do.
    // `clock` and `pool` outlive the log; searches run on the pool, so stop it before the log is destroyed.
    static open_result<std::unique_ptr<audit_file>>
    open(audit_options options, const clock& clock, worker_pool& pool);
    ~audit_file() override;

    task<result<void>> append(audit_entry entry) override;
    // `is_ahead`: is_followed_by_its_act.
    task<result<void>> append(audit_text entry, bool is_ahead);
    task<result<audit_page>> search(audit_query query) override;
    audit_health health() const override;

    // What the operator should know about the log as it was found at start, in one line; empty if nothing.
    // Whether it was cut or changed is also an entry, `alarm`, in the log itself.
    const std::string& warning() const { return warning_; }

    // Entries that other servers wrote, to be searched with those of the file: see audit_index.hpp. Any
    // thread.
    void keep_foreign(std::size_t limit) { index_.keep_foreign(limit); }
    bool add_foreign(std::string line) { return index_.add_foreign(std::move(line)); }
    void drop_foreign() { index_.drop_foreign(); }

    // For SIGHUP: if an external logrotate has renamed the file, goes on in a fresh one at the path. Returns
    // at once; what comes of it shows in `health` and, as an entry `reopen`, in the log. Any thread.
    void reopen();

    // Writes and syncs what waits, joins the threads; further appends and searches are unavailable.
    void close();

private:
    audit_file(audit_options options,
               std::unique_ptr<audit_output> output,
               const clock& clock,
               worker_pool& pool);

    task<result<void>> make_durable();

    std::string warning_;
    worker_pool& pool_;
    audit_line_keeper* const keeper_; // null: a line that is written is synced
    audit_index index_;
    audit_writer writer_;
};

} // namespace latchkey
