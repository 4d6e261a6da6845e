// What the tests of the audit log share: a directory of their own, entries, and a log that is opened and
// asked without further ado.
#pragma once

#include "storage/audit_file.hpp"
#include "storage/audit_verify.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/temporary_directory.hpp"

#include <memory>
#include <string>
#include <vector>

namespace latchkey::test {

// Not cryptographic: 32 bytes that depend on every bit of the text, which is all that the chain's logic
// needs.
digest weak_digest(std::string_view text);

class fixed_clock final : public clock {
public:
    time_point now() const noexcept override { return time_point{std::chrono::seconds{1'750'000'000}}; }
};

std::string read_all(const std::string& path);
void write_all(const std::string& path, const std::string& bytes);
std::vector<std::string> lines_of(const std::string& path);

// Fails the test, showing the text, unless `part` occurs in it.
void check_mentions(const std::string& text, const std::string& part);

// Entry number `n`: distinct ids, one second apart, by alice for even and bob for odd numbers.
audit_entry numbered_entry(int n);
uuid numbered_id(int n);

class audit_fixture {
public:
    temporary_directory directory;
    std::string path = directory.file("audit.log");
    fixed_clock time;
    worker_pool pool{1, 16};
    audit_options options;
    std::unique_ptr<audit_file> log;

    audit_fixture();
    ~audit_fixture();

    // Opens the log anew; fails the test if that is refused.
    void open();

    // The reason why the log cannot be opened; fails the test if it can.
    std::string refusal();

    void close() { log.reset(); }

    result<void> append(audit_entry entry);
    void append_numbered(int first, int last); // both included; fails the test on an error
    void append_until_taken(int n);            // while the log recovers, which it tries each millisecond
    audit_page search(audit_query query);
    audit_verdict verify() const { return verify_audit_log(path, weak_digest); }
};

} // namespace latchkey::test
