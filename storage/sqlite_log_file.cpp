#include "storage/sqlite_log_file.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace latchkey {
namespace {

// Less than the 128 KiB that the default file system cuts a single write to.
constexpr int gathering_limit = 120 * 1024;
// As much as is there already, up to this: a log of one small transaction does not grow to a megabyte.
constexpr sqlite3_int64 longest_growth = 1024 * 1024;

constexpr std::array<char, 64 * 1024> zeros{};

// Made by open() in memory that SQLite has, in front of the default file system's own file.
class log_file : public sqlite3_file {
public:
    static constexpr std::size_t own_bytes = 128; // keeps what follows aligned for anything

    static log_file& of(sqlite3_file* file) noexcept { return *static_cast<log_file*>(file); }

    explicit log_file(sqlite3_file* beneath) noexcept : sqlite3_file{nullptr}, beneath_{beneath} {}

    // What was opened beneath is taken over. An SQLite result code, as from all that follow.
    int begin() noexcept
    {
        gathered_.reset(new (std::nothrow) char[gathering_limit]);
        if (!gathered_) return SQLITE_NOMEM;
        return functions().xFileSize(beneath_, &size_);
    }

    int close() noexcept
    {
        const int written = write_gathered();
        const int closed = functions().xClose(beneath_);
        return written != SQLITE_OK ? written : closed;
    }

    int read(void* into, int count, sqlite3_int64 from) noexcept
    {
        const int code = write_before_reading();
        return code != SQLITE_OK ? code : functions().xRead(beneath_, into, count, from);
    }

    int write(const void* bytes, int count, sqlite3_int64 to) noexcept
    {
        if (to != from_ + count_) {
            const int written = write_gathered();
            if (written != SQLITE_OK) return written;
            from_ = to;
        }
        for (int taken = 0; taken < count;) {
            const int fits = std::min(count - taken, gathering_limit - count_);
            std::memcpy(gathered_.get() + count_,
                        static_cast<const char*>(bytes) + taken,
                        static_cast<std::size_t>(fits));
            count_ += fits;
            taken += fits;
            if (count_ < gathering_limit) continue;
            const int written = write_gathered();
            if (written != SQLITE_OK) return written;
        }
        return SQLITE_OK;
    }

    int truncate(sqlite3_int64 size) noexcept
    {
        int code = write_gathered();
        if (code == SQLITE_OK) code = functions().xTruncate(beneath_, size);
        if (code != SQLITE_OK) return code;
        size_ = size;
        may_grow_ = true;
        return SQLITE_OK;
    }

    int sync(int flags) noexcept
    {
        const int written = write_gathered();
        return written != SQLITE_OK ? written : functions().xSync(beneath_, flags);
    }

    int tell_size(sqlite3_int64* into) noexcept
    {
        const int code = write_before_reading();
        return code != SQLITE_OK ? code : functions().xFileSize(beneath_, into);
    }

    // Those of the default file system.
    const sqlite3_io_methods& functions() const noexcept { return *beneath_->pMethods; }
    sqlite3_file* beneath() const noexcept { return beneath_; }

private:
    int write_gathered() noexcept
    {
        if (count_ == 0) return SQLITE_OK;
        const int count = std::exchange(count_, 0);
        const int code = functions().xWrite(beneath_, gathered_.get(), count, from_);
        if (code != SQLITE_OK) return code;
        from_ += count;
        if (from_ > size_) grow();
        return SQLITE_OK;
    }

    // No room is an error for which SQLite gives up a transaction when it writes, a statement alone when it
    // reads.
    int write_before_reading() noexcept
    {
        return write_gathered() == SQLITE_OK ? SQLITE_OK : SQLITE_IOERR_WRITE;
    }

    // A disk that has no room for zeros may have enough for what matters, and will tell if not.
    void grow() noexcept
    {
        size_ = from_;
        if (!may_grow_) return;
        const sqlite3_int64 wanted = size_ + std::min(size_, longest_growth);
        while (size_ < wanted) {
            const auto step = std::min<sqlite3_int64>(wanted - size_, zeros.size());
            if (functions().xWrite(beneath_, zeros.data(), static_cast<int>(step), size_) != SQLITE_OK)
                return stop_growing();
            size_ += step;
        }
    }

    void stop_growing() noexcept
    {
        may_grow_ = false;
        size_ = from_;
        static_cast<void>(functions().xTruncate(beneath_, size_)); // gives back what room there was
    }

    sqlite3_file* const beneath_;
    std::unique_ptr<char[]> gathered_;
    int count_ = 0;          // of the gathered bytes
    sqlite3_int64 from_ = 0; // where in the file they belong
    sqlite3_int64 size_ = 0; // of the file beneath
    bool may_grow_ = true;   // since it was cut, the disk has always had room
};

static_assert(sizeof(log_file) <= log_file::own_bytes);
static_assert(log_file::own_bytes % alignof(std::max_align_t) == 0);
static_assert(alignof(log_file) <= 8); // as SQLite's memory is

// One of log_file's functions as SQLite calls it.
template <auto Member, class... Arguments>
int own(sqlite3_file* file, Arguments... arguments) noexcept
{
    return (log_file::of(file).*Member)(arguments...);
}

// One that makes no difference between a log and another file.
template <auto Function, class... Arguments>
int passed_on(sqlite3_file* file, Arguments... arguments) noexcept
{
    const log_file& log = log_file::of(file);
    return (log.functions().*Function)(log.beneath(), arguments...);
}

int end(sqlite3_file* file) noexcept
{
    log_file& log = log_file::of(file);
    const int code = log.close();
    log.~log_file();
    return code;
}

constexpr sqlite3_io_methods log_functions = [] {
    using standard = sqlite3_io_methods;
    standard made{};
    made.iVersion = 1; // no shared memory and no mapping, which SQLite asks of the database file alone
    made.xClose = end;
    made.xRead = own<&log_file::read>;
    made.xWrite = own<&log_file::write>;
    made.xTruncate = own<&log_file::truncate>;
    made.xSync = own<&log_file::sync>;
    made.xFileSize = own<&log_file::tell_size>;
    made.xLock = passed_on<&standard::xLock>;
    made.xUnlock = passed_on<&standard::xUnlock>;
    made.xCheckReservedLock = passed_on<&standard::xCheckReservedLock>;
    made.xFileControl = passed_on<&standard::xFileControl>;
    made.xSectorSize = passed_on<&standard::xSectorSize>;
    made.xDeviceCharacteristics = passed_on<&standard::xDeviceCharacteristics>;
    return made;
}();

// The functions besides xOpen are the default one's own; what they are told of is this one.
struct log_file_system : sqlite3_vfs {
    explicit log_file_system(sqlite3_vfs& standard) noexcept;

    sqlite3_vfs& beneath;
};

int open(sqlite3_vfs* system, const char* name, sqlite3_file* file, int flags, int* flags_out)
{
    sqlite3_vfs& beneath = static_cast<log_file_system*>(system)->beneath;
    if ((flags & SQLITE_OPEN_WAL) == 0) return beneath.xOpen(&beneath, name, file, flags, flags_out);

    auto* const inner = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + log_file::own_bytes);
    file->pMethods = nullptr; // nothing to close
    inner->pMethods = nullptr;
    const int opened = beneath.xOpen(&beneath, name, inner, flags, flags_out);
    if (opened != SQLITE_OK) {
        if (inner->pMethods != nullptr) inner->pMethods->xClose(inner);
        return opened;
    }
    auto* const log = new (file) log_file{inner};
    const int begun = log->begin();
    if (begun == SQLITE_OK) {
        log->pMethods = &log_functions;
    } else {
        end(log);
        file->pMethods = nullptr;
    }
    return begun;
}

log_file_system::log_file_system(sqlite3_vfs& standard) noexcept : sqlite3_vfs{standard}, beneath{standard}
{
    szOsFile += static_cast<int>(log_file::own_bytes);
    zName = "latchkey";
    pNext = nullptr;
    xOpen = open;
}

} // namespace

const char* sqlite_log_file_system() noexcept
{
    static const char* const name = []() -> const char* {
        sqlite3_vfs* const beneath = sqlite3_vfs_find(nullptr);
        if (beneath == nullptr) return nullptr;
        static log_file_system system{*beneath};
        return sqlite3_vfs_register(&system, 0) == SQLITE_OK ? system.zName : nullptr;
    }();
    return name;
}

} // namespace latchkey
