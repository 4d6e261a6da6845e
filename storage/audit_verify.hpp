// Checks that an audit log is whole: what `latchkey audit verify FILE` calls. Streams, with memory bounded
// whatever the files hold; blocks, so not for a shard.
//
// What a chain can prove: no line in front of the last was changed, removed, moved or put in. For the last
// line, and that none was cut off behind it, the head record beside the file stands. Whoever can write that
// as well can write all of the chain: only a `last_digest` kept elsewhere tells.
#pragma once

#include "storage/audit_line.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

enum class audit_damage { unreadable, malformed, changed, removed, reordered, torn };

struct audit_fault {
    audit_damage what = audit_damage::unreadable;
    std::string file;
    std::uint64_t line = 0; // in that file, from 1; 0: the file as a whole
    std::string reason;     // one sentence part: "line 7 is missing 2 entries before it"
};

struct audit_verdict {
    std::vector<std::string> files; // in the order they were walked
    std::uint64_t entries = 0;      // that were found good, up to the fault
    std::uint64_t first_seq = 0;    // 0: no entry at all
    std::uint64_t last_seq = 0;
    digest last_digest{};                  // of the line last_seq: the `prev` of the next one
    std::optional<audit_fault> fault;      // the first; nothing: the log is whole
    std::optional<std::uint64_t> head_seq; // in the head record; nothing: no record, the end is unchecked
    std::uint64_t alarm_seq = 0;           // the first entry by which a server told that the log was altered

    // The log begins after seq 1: what came before was archived elsewhere, or cut off. Not a fault here.
    bool is_continuation() const { return first_seq > 1; }
};

// "changed", "removed", ...
std::string_view to_string(audit_damage what) noexcept;

// Walks the log at `path`: the rotated parts beside it, oldest first, then the file itself. Where `path`
// is itself a rotated part, the parts named after it are its own only. Once `stopped` is true the walk breaks
// off, with a fault that says so.
audit_verdict
verify_audit_log(const std::string& path, line_digest digest_of, const std::atomic<bool>* stopped = nullptr);

// Walks exactly these files in this order; the head record is that of the last one.
audit_verdict verify_audit_files(const std::vector<std::string>& files,
                                 line_digest digest_of,
                                 const std::atomic<bool>* stopped = nullptr);

} // namespace latchkey
