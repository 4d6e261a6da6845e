// Where the end of the audit log is durable before its file has been synced: in the store, if that writes to
// a disk itself, in the commit of the change that a line tells of. A change then costs one sync and not two,
// one after the other, and all other lines are durable no later than theirs.
#pragma once

#include "storage/error.hpp"
#include "storage/task.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

class audit_line_keeper {
public:
    virtual ~audit_line_keeper() = default;

    // Whole lines, each with its newline, as they were written to the log; in the order of the calls. They
    // are durable no later than any change of the store that is begun after this returns. Does not block. Any
    // thread.
    virtual void keep_audit_lines(std::string_view lines) = 0;

    // Completes when all lines kept so far are durable. An error: perhaps they are not; sync the log itself.
    virtual task<error_code> audit_lines_kept() = 0;

    // The log has been synced: nothing that was kept so far is needed. Any thread.
    virtual void release_audit_lines() = 0;

    // What was kept, and not known to be released, when the store was opened: whole lines in no certain
    // order, with such among them as the log has. Empty from the second call on.
    virtual std::vector<std::string> take_audit_lines() = 0;
};

} // namespace latchkey
