// The files that one audit log consists of: the one at its path, which is written, and the ones that were
// rotated away and stand beside it, whoever renamed them. Plain functions; they block, so not for a shard.
#pragma once

#include "storage/audit_line.hpp"
#include "storage/file_descriptor.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

// What is at the end of a log file.
struct audit_tail {
    std::uint64_t size = 0;        // of the file
    std::uint64_t whole_bytes = 0; // of the lines that end in a newline; what follows is torn
    std::string last_line; // the last of them without its newline, cut to audit_line_limit + 1; or empty
};

result<audit_tail> read_audit_tail(const file_descriptor& file);

struct audit_part {
    std::string path;
    file_identity identity;
    std::uint64_t size = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t last_seq = 0;
};

// `path`.<first_seq, 20 digits>: the name that rotation gives.
std::string rotated_name(const std::string& path, std::uint64_t first_seq);

// Facts about one file; nothing if it cannot be read, is not a regular file or has no whole line of a log.
std::optional<audit_part> inspect_audit_part(const std::string& path);

// Every file beside `path` that is named `path`.* or `path`-* and holds lines of a log, in no order; the
// one at `path` is not among them.
std::vector<audit_part> find_audit_siblings(const std::string& path);

// The rotated parts in front of the line with number `before`, oldest first: all that have the name that
// rotation gives, and those of other names (an external logrotate gave them) that fit a gap exactly, so
// that a copy somebody left beside the log is not taken for a part of it.
std::vector<audit_part>
order_audit_parts(const std::string& path, std::vector<audit_part> siblings, std::uint64_t before);

} // namespace latchkey
