#include "storage/file_descriptor.hpp"

#include <boost/system/error_code.hpp>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace latchkey {
namespace {

error_code last_error() noexcept
{
    return {errno, boost::system::system_category()};
}

// Of the file at `path`, or of `file` itself if that is empty. Does not ask for times: since Linux 6.13 a
// file whose times were asked for gets finer ones with its next write, and so does what is written after it,
// of which each sync then has times to write (./dev bench create).
result<file_facts> ask_for_facts(int file, const char* path) noexcept
{
    struct statx found {};
    const unsigned wanted = STATX_TYPE | STATX_INO | STATX_SIZE | STATX_NLINK;
    if (::statx(file, path, AT_EMPTY_PATH, wanted, &found) < 0) return last_error();
    return file_facts{{makedev(found.stx_dev_major, found.stx_dev_minor), found.stx_ino},
                      found.stx_size,
                      S_ISREG(found.stx_mode),
                      found.stx_nlink == 0};
}

template <class Call>
auto without_interruption(Call call) noexcept
{
    auto outcome = call();
    while (outcome < 0 && errno == EINTR)
        outcome = call();
    return outcome;
}

} // namespace

file_descriptor::~file_descriptor()
{
    if (number_ >= 0) ::close(number_);
}

result<file_descriptor> open_file(const std::string& path, int flags)
{
    file_descriptor file{
        without_interruption([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NOCTTY, 0600); })};
    if (!file) return last_error();
    return file;
}

result<file_facts> facts_of(const file_descriptor& file)
{
    return ask_for_facts(file.number(), "");
}

result<file_facts> facts_of(const std::string& path)
{
    if (path.empty()) return error_code{ENOENT, boost::system::system_category()};
    return ask_for_facts(AT_FDCWD, path.c_str());
}

result<std::size_t> read_at(const file_descriptor& file, char* into, std::size_t size, std::uint64_t offset)
{
    std::size_t done = 0;
    while (done < size) {
        const ssize_t count = without_interruption([&] {
            return ::pread(file.number(), into + done, size - done, static_cast<off_t>(offset + done));
        });
        if (count < 0) return last_error();
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

error_code append_all(const file_descriptor& file, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t count =
            without_interruption([&] { return ::write(file.number(), bytes.data(), bytes.size()); });
        if (count < 0) return last_error();
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

error_code write_at(const file_descriptor& file, std::string_view bytes, std::uint64_t offset)
{
    while (!bytes.empty()) {
        const ssize_t count = without_interruption(
            [&] { return ::pwrite(file.number(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
        if (count < 0) return last_error();
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
    return {};
}

error_code sync_data(const file_descriptor& file)
{
    if (without_interruption([&] { return ::fdatasync(file.number()); }) < 0) return last_error();
    return {};
}

error_code cut_to(const file_descriptor& file, std::uint64_t size)
{
    const auto length = static_cast<off_t>(size);
    if (without_interruption([&] { return ::ftruncate(file.number(), length); }) < 0) return last_error();
    return {};
}

error_code copy_permissions(const file_descriptor& from, const file_descriptor& to)
{
    struct stat status {};
    if (::fstat(from.number(), &status) < 0) return last_error();
    if (::fchmod(to.number(), status.st_mode & 0777) < 0) return last_error();
    return {};
}

error_code sync_directory_of(const std::string& path)
{
    const std::string parent = std::filesystem::path{path}.parent_path().string();
    auto directory = open_file(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
    if (!directory) return directory.error();
    if (without_interruption([&] { return ::fsync(directory->number()); }) < 0) return last_error();
    return {};
}

} // namespace latchkey
