// What a start does to the end of an audit log whose last lines are also kept elsewhere
// (audit_line_keeper.hpp). What had been synced is on the disk; of what follows, a power loss or a failed
// sync may have left anything: no bytes, other bytes, or the right ones in memory alone. So all of that is
// written anew, from the lines that were kept. Plain functions; they block.
#pragma once

#include "storage/audit_line.hpp"
#include "storage/file_descriptor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace latchkey {

struct audit_mending {
    std::uint64_t place = 0; // in the file, of `text`, with which it ends then
    std::string text;
    std::string dropped; // what stood behind it and is no part of the chain; but for a last line that is torn

    // The kept lines that the file had not, or not like this. 0: none.
    std::uint64_t restored_from = 0; // seq
    std::uint64_t restored_to = 0;

    // Kept lines that do not follow what is there: of another log, or others are missing as well.
    std::vector<std::string> left;
};

// `synced_seq`: the last line of which is known that it was synced; kept ones up to it are not needed.
// `before`: what the first line of the file continues. `kept`: lines without newlines, in any order.
// The error is that the file cannot be read.
result<audit_mending> plan_audit_mending(const file_descriptor& file,
                                         std::uint64_t synced_seq,
                                         const audit_link& before,
                                         const std::vector<std::string>& kept,
                                         line_digest digest_of);

// Takes away from `lines` those that stand at the end of `part`, an older file of the log.
error_code forget_those_in(const file_descriptor& part, std::vector<std::string>& lines);

} // namespace latchkey
