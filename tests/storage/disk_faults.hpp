// Real faults of the disk, for tests: a file size limit of the process, and a fdatasync(2) of this
// executable's own that can fail or be held up. Only one test runs at a time.
#pragma once

#include <cstdint>
#include <future>
#include <sys/resource.h>

namespace latchkey::test {

// While it lives, no file of this process can grow beyond `bytes`: write(2) is cut short there, then EFBIG.
class file_size_limit {
public:
    explicit file_size_limit(std::uint64_t bytes);
    ~file_size_limit();
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

private:
    rlimit before_{};
    void (*handler_before_)(int) = nullptr;
};

// While it lives, every fdatasync fails with EIO.
class failing_syncs {
public:
    failing_syncs();
    ~failing_syncs();
    failing_syncs(const failing_syncs&) = delete;
    failing_syncs& operator=(const failing_syncs&) = delete;
};

// Holds up the next fdatasync until it is let go or destroyed.
class held_sync {
public:
    held_sync();
    ~held_sync();
    held_sync(const held_sync&) = delete;
    held_sync& operator=(const held_sync&) = delete;

    // Returns once a thread is inside fdatasync.
    void wait_until_held();
    void let_go();

private:
    bool is_let_go_ = false;
};

} // namespace latchkey::test
