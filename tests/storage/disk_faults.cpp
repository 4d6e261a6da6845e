#include "tests/storage/disk_faults.hpp"

#include "tests/support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

enum class sync_fault { none, fails, waits, is_waiting };

std::mutex mutex;
std::condition_variable changed;
sync_fault fault = sync_fault::none;

void set_fault(sync_fault next)
{
    const std::lock_guard lock{mutex};
    fault = next;
    changed.notify_all();
}

} // namespace

// Takes the place of the C library's in this executable.
extern "C" int fdatasync(int file)
{
    {
        std::unique_lock lock{mutex};
        if (fault == sync_fault::fails) {
            errno = EIO;
            return -1;
        }
        if (fault == sync_fault::waits) {
            fault = sync_fault::is_waiting;
            changed.notify_all();
            changed.wait(lock, [] { return fault != sync_fault::is_waiting; });
        }
    }
    return static_cast<int>(::syscall(SYS_fdatasync, file));
}

namespace latchkey::test {

file_size_limit::file_size_limit(std::uint64_t bytes)
{
    handler_before_ = std::signal(SIGXFSZ, SIG_IGN);
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit low{bytes, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &low) == 0);
}

file_size_limit::~file_size_limit()
{
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_before_);
}

failing_syncs::failing_syncs()
{
    set_fault(sync_fault::fails);
}

failing_syncs::~failing_syncs()
{
    set_fault(sync_fault::none);
}

held_sync::held_sync()
{
    set_fault(sync_fault::waits);
}

held_sync::~held_sync()
{
    let_go();
}

void held_sync::wait_until_held()
{
    std::unique_lock lock{mutex};
    changed.wait(lock, [] { return fault == sync_fault::is_waiting; });
}

void held_sync::let_go()
{
    if (!std::exchange(is_let_go_, true)) set_fault(sync_fault::none);
}

} // namespace latchkey::test
