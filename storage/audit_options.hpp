// How an audit log is kept: what --audit-log, --audit-sync, --audit-when-full and --audit-rotate-size set.
#pragma once

#include "storage/audit_line.hpp"
#include "storage/audit_line_keeper.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace latchkey {

enum class audit_sync {
    always,   // an append completes when it is on the disk; entries that wait at the same time share a sync
    interval, // an append completes after the write; synced once a second
    never,    // left to the operating system
};

enum class audit_when_full {
    refuse, // an append is answered `overloaded` at once
    wait,   // the caller waits for its turn; how many can wait is bounded by the sessions there are
};

struct audit_options {
    std::string path;
    line_digest digest_of = nullptr; // SHA-256
    audit_sync sync = audit_sync::always;
    audit_when_full when_full = audit_when_full::wait;
    std::size_t queue_limit = 4096;                    // entries that wait to be written
    std::uint64_t rotate_bytes = 256ull * 1024 * 1024; // of one file; 0: never rotated
    std::chrono::milliseconds sync_interval{1000};     // for audit_sync::interval
    std::chrono::milliseconds probe_interval{1000};    // between tries to write again after a failure
    // With audit_sync::always: keeps what is not synced yet. Outlives the log. Null: each batch is synced.
    audit_line_keeper* keeper = nullptr;
    std::chrono::milliseconds kept_interval{50}; // after which lines that are kept are synced
    std::uint64_t kept_bytes = 1024 * 1024;      // or when there are so many
};

} // namespace latchkey
