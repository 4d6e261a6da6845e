// The head record of an audit log: a file beside it that names the last line that is on the disk, by number
// and digest, so that lines cut off the end are missed and a changed last line is found. Written by the
// thread that writes the log, read by whoever verifies it.
#pragma once

#include "storage/file_descriptor.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace latchkey {

struct audit_head {
    std::uint64_t seq = 0; // 0: nothing was written yet
    digest last{};         // of the bytes of that line, without its newline; zeros for 0

    bool operator==(const audit_head&) const = default;
};

// `log_path`.head
std::string head_name(const std::string& log_path);

// What stands beside the log. The error is no_such_file_or_directory where there is no record; nothing where
// what is there is not one. Blocks.
result<std::optional<audit_head>> read_audit_head(const std::string& log_path);

// True if there is no record, as opposed to one that cannot be read.
bool is_absent(const result<std::optional<audit_head>>& head);

// The record being written. After a crash it may lag behind the log, and is never ahead of it as long as what
// it names was synced before.
class audit_head_file {
public:
    explicit audit_head_file(const std::string& log_path) : path_{head_name(log_path)} {}

    // Goes on in the record that is there, which was read and found to be one.
    error_code take_up();

    // In place, not synced: it is one block that is overwritten. Where there is no record to go on in, makes
    // one with the permissions of `log`, synced, so that no crash leaves an empty one.
    error_code write(const audit_head& head, const file_descriptor& log);

    // Makes a new one at the next `write` if the one at hand was renamed or removed.
    void follow_path();

private:
    error_code make(const std::string& text, const file_descriptor& log);

    const std::string path_;
    file_descriptor file_;
};

} // namespace latchkey
