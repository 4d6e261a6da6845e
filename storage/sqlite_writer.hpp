// The one thread that writes to the database file: it takes what has queued up, writes it in one
// transaction, and answers all who wait after the commit. Owned by the sqlite store.
//
// A commit that fails turns it read-only. What took something away and could not be written is kept as a
// debt; from time to time the thread tries to pay all of it in one commit, and then writes again.
#pragma once

#include "storage/batch_gathering.hpp"
#include "storage/sqlite_kept_lines.hpp"
#include "storage/sqlite_rows.hpp"
#include "storage/store.hpp"
#include "storage/write_waiter.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace latchkey {

class sqlite_writer {
public:
    struct settings {
        std::size_t queue_limit;
        std::chrono::milliseconds probe_interval;
        int longest_log;                       // pages, at which it is moved into the database in any case
        std::chrono::milliseconds log_keeping; // idle, before the log's place on the disk is given back
    };

    // Called on the writer's thread for each mutation, in order: it is durable, or it will not be written
    // now. Returns what has to be written before anything else can.
    using settle_function = std::function<std::optional<mutation>(const mutation&, bool is_durable)>;

    sqlite_writer(sqlite_database database,
                  sqlite_rows rows,
                  sqlite_kept_lines kept,
                  settings limits,
                  settle_function settle);
    ~sqlite_writer();
    sqlite_writer(const sqlite_writer&) = delete;
    sqlite_writer& operator=(const sqlite_writer&) = delete;

    // What a mutation does to those whom it is about.
    enum class effect { gives, takes_away };

    // Whether a mutation may be begun now: nothing, unavailable or overloaded. While read-only, what takes
    // away is let in: it becomes a debt.
    error_code admission(effect of) const;

    bool is_read_only() const;

    // Queues a mutation; they are written in the order of these calls. `waiter` may be null.
    // Returns its number, for wait_for.
    std::uint64_t submit(mutation change, std::unique_ptr<write_waiter> waiter);

    // Blocks until that mutation is settled, durable or not.
    void wait_for(std::uint64_t number);

    // Lines of the audit log, to be written in the transaction of the next mutation; wakes nobody.
    void keep(std::string_view lines);

    // What was kept so far is not needed any more.
    void release_kept();

    // Writes all that is queued, moves the write-ahead log into the database and ends the thread.
    void close();

    store_health health() const;

private:
    using steady_time = std::chrono::steady_clock::time_point;

    struct request {
        mutation change;
        std::unique_ptr<write_waiter> waiter;
    };

    void run();
    bool take(std::vector<request>& batch);
    std::chrono::milliseconds patience() const;
    void write(std::vector<request>& batch);
    bool commit(const std::vector<request>& batch);
    void take_lines();
    void give_lines_back();
    void settle_lines();
    bool end_transaction(bool is_written);
    void finish(std::vector<request>& batch, bool is_durable);
    bool pay_debts();
    std::optional<sqlite_database::old_log> due_checkpoint(bool is_idle) const;
    void tidy(bool is_idle);
    void turn_read_only();

    const settings settings_;
    const settle_function settle_;

    // The writer thread's own.
    sqlite_database database_;
    sqlite_rows rows_;
    sqlite_kept_lines kept_;
    std::string lines_; // being written
    std::vector<mutation> debts_;
    completions completions_;
    steady_time next_probe_{};
    steady_time next_checkpoint_{};
    steady_time erased_since_{};    // when the log first held what should be gone; zero: it does not
    bool has_old_contents_ = false; // the log's file, behind or below what is in the log

    mutable std::mutex mutex_;
    std::condition_variable wake_;    // of the writer
    std::condition_variable settled_; // of those in wait_for
    std::vector<request> queue_;
    batch_gathering gathering_;
    std::string queued_lines_;
    bool is_released_ = false; // all lines that are not in queued_lines_
    std::uint64_t submitted_ = 0;
    std::uint64_t settled_count_ = 0;
    bool is_closing_ = false;
    std::string problem_; // not empty: read-only

    std::thread thread_; // last: it uses the rest
};

} // namespace latchkey
