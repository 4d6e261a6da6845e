// The file beneath a write-ahead log of SQLite, through the functions that SQLite calls.
#include "storage/sqlite_log_file.hpp"
#include "tests/storage/disk_faults.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_text.hpp"
#include "tests/support/temporary_directory.hpp"

#include <sqlite3.h>

#include <fstream>
#include <optional>
#include <random>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;

class open_log {
public:
    open_log() : directory_{std::in_place}, name_{directory_->file("test.db-wal") + '\0'}
    {
        const std::ofstream database{directory_->file("test.db")}; // of which the log takes its permissions
        open();
    }

    explicit open_log(const std::string& name) : name_{name + '\0'} { open(); }

    ~open_log() { CHECK(file_->pMethods->xClose(file_) == SQLITE_OK); }
    open_log(const open_log&) = delete;
    open_log& operator=(const open_log&) = delete;

    int write(std::string_view bytes, std::size_t to)
    {
        return file_->pMethods->xWrite(
            file_, bytes.data(), static_cast<int>(bytes.size()), static_cast<sqlite3_int64>(to));
    }

    int sync() { return file_->pMethods->xSync(file_, SQLITE_SYNC_NORMAL); }

    int truncate(std::size_t size)
    {
        return file_->pMethods->xTruncate(file_, static_cast<sqlite3_int64>(size));
    }

    int try_to_read(std::string& into, std::size_t from)
    {
        return file_->pMethods->xRead(
            file_, into.data(), static_cast<int>(into.size()), static_cast<sqlite3_int64>(from));
    }

    std::string read(std::size_t count, std::size_t from)
    {
        std::string into(count, '\0');
        CHECK(try_to_read(into, from) == SQLITE_OK);
        return into;
    }

    std::size_t told_size()
    {
        sqlite3_int64 size = -1;
        CHECK(file_->pMethods->xFileSize(file_, &size) == SQLITE_OK);
        return static_cast<std::size_t>(size);
    }

    std::string contents() const { return contents_of(name_); }

private:
    void open()
    {
        REQUIRE(sqlite_log_file_system() != nullptr);
        sqlite3_vfs* const files = sqlite3_vfs_find(sqlite_log_file_system());
        REQUIRE(files != nullptr);
        memory_.resize(static_cast<std::size_t>(files->szOsFile) / sizeof(std::max_align_t) + 1);
        file_ = reinterpret_cast<sqlite3_file*>(memory_.data());
        const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
        REQUIRE(files->xOpen(files, name_.c_str(), file_, flags, nullptr) == SQLITE_OK);
    }

    std::optional<temporary_directory> directory_;
    std::string name_; // with a second NUL at its end: SQLite looks for parameters behind a name
    std::vector<std::max_align_t> memory_;
    sqlite3_file* file_ = nullptr;
};

bool begins_with_then_zeros(const std::string& text, std::string_view beginning)
{
    return text.starts_with(beginning) && text.find_first_not_of('\0', beginning.size()) == text.npos;
}

// Of the file, once that many bytes are synced at that place.
std::size_t size_after_write(open_log& log, std::size_t size, std::size_t to)
{
    REQUIRE(log.write(std::string(size, 'x'), to) == SQLITE_OK);
    REQUIRE(log.sync() == SQLITE_OK);
    return log.contents().size();
}

} // namespace

TEST_CASE("pieces of a log reach the file together", "[storage][sqlite_log]")
{
    open_log log;
    CHECK(log.write("head", 0) == SQLITE_OK);
    CHECK(log.write("page one", 4) == SQLITE_OK);
    CHECK(log.contents().empty());
    std::size_t count = 12;
    SECTION("when they are synced")
    {
        CHECK(log.sync() == SQLITE_OK);
    }
    SECTION("when they are read")
    {
        CHECK(log.read(8, 2) == "adpage o");
    }
    SECTION("when the size is asked for")
    {
        CHECK(log.told_size() >= count);
    }
    SECTION("when one belongs elsewhere")
    {
        CHECK(log.write("H", 0) == SQLITE_OK);
        CHECK(begins_with_then_zeros(log.contents(), "headpage one"));
        CHECK(log.sync() == SQLITE_OK);
        CHECK(begins_with_then_zeros(log.contents(), "Headpage one"));
        return;
    }
    SECTION("when the file is cut")
    {
        CHECK(log.truncate(6) == SQLITE_OK);
        CHECK(log.contents() == "headpa");
        count = 6;
    }
    CHECK(begins_with_then_zeros(log.contents(), std::string_view{"headpage one"}.substr(0, count)));
}

TEST_CASE("pieces of any size at any place make what they would make one by one", "[storage][sqlite_log]")
{
    open_log log;
    std::string expected;
    std::minstd_rand random{20261201}; // the same in each run
    for (int step = 0; step < 400; ++step) {
        const std::size_t size = random() % 8 == 0 ? random() % (300 * kibibyte) : random() % (9 * kibibyte);
        const std::size_t place = random() % 4 == 0 ? random() % (expected.size() + 1) : expected.size();
        const std::string piece(size, static_cast<char>('a' + step % 26));
        REQUIRE(log.write(piece, place) == SQLITE_OK);
        expected.resize(std::max(expected.size(), place + size));
        expected.replace(place, size, piece);
        if (random() % 16 == 0) REQUIRE(log.sync() == SQLITE_OK);
    }
    REQUIRE(log.sync() == SQLITE_OK);
    CHECK(begins_with_then_zeros(log.contents(), expected));
    CHECK(log.read(expected.size(), 0) == expected);
}

TEST_CASE("a log grows ahead, and not within what it has", "[storage][sqlite_log]")
{
    open_log log;
    CHECK(size_after_write(log, 10 * kibibyte, 0) == 20 * kibibyte);
    CHECK(size_after_write(log, 10 * kibibyte, 10 * kibibyte) == 20 * kibibyte);
    CHECK(size_after_write(log, kibibyte, 20 * kibibyte) == 42 * kibibyte);
    CHECK(size_after_write(log, 100 * kibibyte, 3 * mebibyte) == 4 * mebibyte + 100 * kibibyte);
    CHECK(size_after_write(log, kibibyte, 4 * mebibyte) == 4 * mebibyte + 100 * kibibyte);
    CHECK(size_after_write(log, kibibyte, 0) == 4 * mebibyte + 100 * kibibyte);
    REQUIRE(log.truncate(0) == SQLITE_OK);
    CHECK(size_after_write(log, 10 * kibibyte, 0) == 20 * kibibyte);
}

TEST_CASE("a piece that the disk does not take is told of by the sync", "[storage][sqlite_log]")
{
    open_log log;
    REQUIRE(log.write("good", 0) == SQLITE_OK);
    REQUIRE(log.sync() == SQLITE_OK);
    SECTION("since there is no room")
    {
        const file_size_limit small{kibibyte};
        CHECK(log.write(std::string(2 * kibibyte, 'x'), 4) == SQLITE_OK);
        CHECK(log.sync() != SQLITE_OK);
    }
    SECTION("since the sync itself fails")
    {
        const failing_syncs faults;
        CHECK(log.write(std::string(2 * kibibyte, 'x'), 4) == SQLITE_OK);
        CHECK(log.sync() != SQLITE_OK);
    }
    SECTION("or by a write, when too many wait")
    {
        const file_size_limit small{kibibyte};
        CHECK(log.write(std::string(mebibyte, 'x'), 4) != SQLITE_OK);
    }
    CHECK(log.write(" again", 4) == SQLITE_OK);
    CHECK(log.sync() == SQLITE_OK);
    CHECK(log.contents().starts_with("good again"));
}

TEST_CASE("a full disk fails what writes the pieces, and a read as if it were broken",
          "[storage][sqlite_log]")
{
    open_log log{"/dev/full"};
    REQUIRE(log.write("some", 0) == SQLITE_OK);
    SECTION("a sync")
    {
        CHECK(log.sync() == SQLITE_FULL);
    }
    SECTION("a write")
    {
        CHECK(log.write("elsewhere", 100) == SQLITE_FULL);
        CHECK(log.write(std::string(mebibyte, 'x'), 0) == SQLITE_FULL);
    }
    SECTION("a read, for which SQLite would give up less than the transaction if the disk were full")
    {
        std::string into(4, 'x');
        CHECK(log.try_to_read(into, 0) == SQLITE_IOERR_WRITE);
    }
}

TEST_CASE("a log has room for what matters if not for zeros", "[storage][sqlite_log]")
{
    open_log log;
    {
        const file_size_limit small{3 * kibibyte};
        CHECK(size_after_write(log, 2 * kibibyte, 0) == 2 * kibibyte); // and not a part of the zeros
        CHECK(size_after_write(log, kibibyte, 2 * kibibyte) == 3 * kibibyte);
    }
    CHECK(size_after_write(log, kibibyte, 3 * kibibyte) == 4 * kibibyte); // there may be little room
    REQUIRE(log.truncate(0) == SQLITE_OK);
    CHECK(size_after_write(log, kibibyte, 0) == 2 * kibibyte);
}
