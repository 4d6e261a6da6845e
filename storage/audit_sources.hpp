// The files that an index points into, by number, and how to read a line of one: opened when needed, since
// files are renamed by rotation and taken away by archivers while the server runs. Thread-safe.
#pragma once

#include "storage/file_descriptor.hpp"

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace latchkey {

class audit_sources {
public:
    // `path` is that of the log: files that lost their name are looked for beside it.
    explicit audit_sources(std::string path) : path_{std::move(path)} {}

    // The number of the file with this identity; a new one if it is not known.
    std::uint32_t number_of(const std::string& path, file_identity identity);

    // A new number for a file that was just created. If a known one had this identity, it is gone: the file
    // system has given its inode away.
    std::uint32_t add_fresh(const std::string& path, file_identity identity);

    void rename(std::uint32_t number, std::string path);

    // Nothing if the file is gone, which it then is for good.
    std::optional<file_descriptor> open(std::uint32_t number);

    // By number: whether the file was found to be gone.
    std::vector<bool> gone() const;

private:
    struct source {
        std::string path;
        file_identity identity;
        bool is_gone = false;
    };

    std::optional<std::string> find_by_identity(file_identity identity) const;

    const std::string path_;
    mutable std::mutex mutex_;
    std::deque<source> sources_;
};

} // namespace latchkey
