// A file descriptor that is closed with its owner, and the few calls on it that the logs need, with EINTR
// and partial transfers dealt with. Not for sockets.
#pragma once

#include "storage/error.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

namespace latchkey {

class file_descriptor {
public:
    file_descriptor() = default;
    explicit file_descriptor(int number) noexcept : number_{number} {}
    file_descriptor(file_descriptor&& other) noexcept : number_{std::exchange(other.number_, -1)} {}
    file_descriptor& operator=(file_descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~file_descriptor();

    int number() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }

private:
    int number_ = -1;
};

// Tells one file from another, whatever its name is now.
struct file_identity {
    dev_t device = 0;
    ino_t inode = 0;

    bool operator==(const file_identity&) const = default;
};

struct file_facts {
    file_identity identity;
    std::uint64_t size = 0;
    bool is_regular = false;
    bool is_unlinked = false; // no name is left for it
};

// `flags` as for open(2), O_CLOEXEC added; files are created with mode 0600.
result<file_descriptor> open_file(const std::string& path, int flags);

result<file_facts> facts_of(const file_descriptor& file);
result<file_facts> facts_of(const std::string& path);

// At most `size` bytes from `offset`; fewer only at the end of the file.
result<std::size_t> read_at(const file_descriptor& file, char* into, std::size_t size, std::uint64_t offset);

// All of it at the file's end (the file was opened with O_APPEND), or an error with a part written.
error_code append_all(const file_descriptor& file, std::string_view bytes);

// Over what is at `offset`; the file was opened without O_APPEND.
error_code write_at(const file_descriptor& file, std::string_view bytes, std::uint64_t offset);

error_code sync_data(const file_descriptor& file);
error_code cut_to(const file_descriptor& file, std::uint64_t size);
error_code copy_permissions(const file_descriptor& from, const file_descriptor& to);

// Makes a new, renamed or removed name in the file's directory as durable as the file.
error_code sync_directory_of(const std::string& path);

} // namespace latchkey
