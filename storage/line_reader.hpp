// Reads a file line by line in large blocks, with memory bounded whatever the file holds. Used by one
// thread; the file may be appended to meanwhile.
#pragma once

#include "storage/file_descriptor.hpp"

#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace latchkey {

class line_reader {
public:
    struct line {
        std::string_view text;    // without the newline; valid until the next call. Cut if it is too long.
        std::uint64_t offset = 0; // of its first byte in the file
        bool is_torn = false;     // the last one, without a newline
    };

    // Reads up to `end`. A line above `line_limit` bytes is cut to line_limit + 1.
    line_reader(const file_descriptor& file,
                std::size_t line_limit,
                std::uint64_t end = std::numeric_limits<std::uint64_t>::max());

    // False at the end, or when reading failed (see `error`).
    bool next(line& into);

    error_code error() const { return error_; }

private:
    bool fill();
    void skip_to_newline();

    const file_descriptor& file_;
    const std::size_t line_limit_;
    const std::uint64_t end_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;      // of what is not yet handed out
    std::size_t filled_ = 0;     // end of what is read
    std::uint64_t position_ = 0; // in the file, of buffer_[begin_]
    bool has_reached_end_ = false;
    bool is_skipping_ = false; // the rest of a line that was cut
    error_code error_;
};

} // namespace latchkey
