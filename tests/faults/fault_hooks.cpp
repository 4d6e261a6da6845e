// Loaded into a server by LD_PRELOAD: its disk fails and dawdles, and its wall clock steps, as another
// process says in a file that both map (FAULT_HOOKS names it; see FaultHooks in servers.py). Without it,
// changes nothing.
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

// In the order of FaultHooks.FIELDS.
struct controls {
    std::atomic<std::int64_t> clock_offset;  // microseconds
    std::atomic<std::int64_t> sync_delay;    // microseconds, of each fsync and fdatasync
    std::atomic<std::int64_t> writes_passed; // so many succeed, and then
    std::atomic<std::int64_t> writes_failed; // so many fail
    std::atomic<std::int64_t> syncs_failed;  // so many of the next fail
    std::atomic<std::int64_t> write_error;   // errno of a write that fails
    std::atomic<std::int64_t> faults_seen;   // how many calls were made to fail, or were held up
};

static_assert(std::atomic<std::int64_t>::is_always_lock_free);

controls& unused_controls() noexcept
{
    static controls none{};
    return none;
}

controls& map_controls() noexcept
{
    const char* path = std::getenv("FAULT_HOOKS");
    if (path == nullptr) return unused_controls();
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) std::abort();
    void* mapped = ::mmap(nullptr, sizeof(controls), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (mapped == MAP_FAILED) std::abort();
    return *static_cast<controls*>(mapped);
}

controls& control() noexcept
{
    static controls& mapped = map_controls();
    return mapped;
}

bool take_one(std::atomic<std::int64_t>& count) noexcept
{
    std::int64_t left = count.load();
    while (left > 0 && !count.compare_exchange_weak(left, left - 1)) {
    }
    return left > 0;
}

// Standard output and error are files in these tests; what the server says must be seen.
bool is_data_file(int file) noexcept
{
    struct stat kind {};
    return file > STDERR_FILENO && ::fstat(file, &kind) == 0 && S_ISREG(kind.st_mode);
}

bool must_write_fail(int file) noexcept
{
    if (control().writes_failed.load() <= 0 || !is_data_file(file)) return false;
    if (take_one(control().writes_passed) || !take_one(control().writes_failed)) return false;
    ++control().faults_seen;
    errno = static_cast<int>(control().write_error.load());
    return true;
}

bool must_sync_fail() noexcept
{
    if (const std::int64_t delay = control().sync_delay.load(); delay > 0) {
        ++control().faults_seen;
        ::usleep(static_cast<useconds_t>(delay));
    }
    if (!take_one(control().syncs_failed)) return false;
    ++control().faults_seen;
    errno = EIO;
    return true;
}

template <class Function>
Function* next(const char* name) noexcept
{
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

} // namespace

extern "C" {

ssize_t write(int file, const void* bytes, std::size_t count)
{
    static auto* const real = next<decltype(::write)>("write");
    return must_write_fail(file) ? -1 : real(file, bytes, count);
}

ssize_t pwrite(int file, const void* bytes, std::size_t count, off_t offset)
{
    static auto* const real = next<decltype(::pwrite)>("pwrite");
    return must_write_fail(file) ? -1 : real(file, bytes, count, offset);
}

ssize_t pwrite64(int file, const void* bytes, std::size_t count, off64_t offset)
{
    static auto* const real = next<decltype(::pwrite64)>("pwrite64");
    return must_write_fail(file) ? -1 : real(file, bytes, count, offset);
}

int fsync(int file)
{
    static auto* const real = next<decltype(::fsync)>("fsync");
    return must_sync_fail() ? -1 : real(file);
}

int fdatasync(int file)
{
    static auto* const real = next<decltype(::fdatasync)>("fdatasync");
    return must_sync_fail() ? -1 : real(file);
}

int clock_gettime(clockid_t which, timespec* now) noexcept
{
    static auto* const real = next<decltype(::clock_gettime)>("clock_gettime");
    const int outcome = real(which, now);
    if (outcome != 0 || which != CLOCK_REALTIME) return outcome;
    constexpr std::int64_t micros = 1'000'000;
    const std::int64_t stepped = now->tv_sec * micros + now->tv_nsec / 1000 + control().clock_offset.load();
    now->tv_sec = stepped / micros;
    now->tv_nsec = stepped % micros * 1000 + now->tv_nsec % 1000;
    return outcome;
}
}
