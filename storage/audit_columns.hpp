// The audit log's index in memory: 64 bytes an entry, column by column, so that a filter reads only what it
// compares. Appended to by one thread at a time under its owner's lock; a snapshot is read without one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace latchkey {

// Text is held as a number from a dictionary, 0 for none; what differs from entry to entry as a hash, which
// the reader of the line must confirm.
struct audit_row {
    std::uint64_t offset = 0; // of the line in its file
    std::uint64_t id_hash = 0;
    std::uint64_t request_hash = 0;
    std::int64_t time = 0; // microseconds since the epoch
    std::uint32_t length = 0;
    std::uint32_t file = 0;
    std::uint32_t username = 0;
    std::uint32_t email = 0;
    std::uint32_t resource_id = 0;
    std::uint32_t target_hash = 0; // 0 for an empty target, and only for that
    std::uint32_t action = 0;
    std::uint32_t resource_type = 0;
};

class audit_columns {
public:
    static constexpr std::size_t chunk_rows = 8192;

    // A part of the columns; rows below the size of the snapshot never change.
    struct chunk {
        std::array<std::uint64_t, chunk_rows> offset, id_hash, request_hash;
        std::array<std::int64_t, chunk_rows> time;
        std::array<std::uint32_t, chunk_rows> length, file, username, email;
        std::array<std::uint32_t, chunk_rows> resource_id, target_hash, action, resource_type;

        // The lines themselves where no file holds them; null for those of a file.
        std::unique_ptr<std::array<std::string, chunk_rows>> lines;
    };

    // The rows there were when it was taken, oldest first.
    struct snapshot {
        std::vector<std::shared_ptr<const chunk>> chunks; // full, but for the last
        std::vector<std::int64_t> latest;                 // time of an entry in each chunk
        std::size_t rows = 0;
    };

    void add(const audit_row& row);

    // A row whose line is kept here. One object holds either such rows or those of files.
    void add(const audit_row& row, std::string line);

    // Makes room: forgets the chunk_rows rows that came first, of at least so many.
    void drop_first_chunk();

    snapshot take_snapshot() const;
    std::size_t rows() const { return rows_; }

private:
    std::vector<std::shared_ptr<chunk>> chunks_;
    std::vector<std::int64_t> latest_;
    std::size_t rows_ = 0;
};

// What a row must have to be found; nothing of a pair is compared while its flag is false.
struct audit_row_filter {
    template <class Value>
    struct equals {
        Value value{};
        bool is_set = false;

        bool admits(Value other) const { return !is_set || value == other; }
        void operator=(Value wanted)
        {
            value = wanted;
            is_set = true;
        }
    };

    equals<std::uint64_t> id_hash;
    equals<std::uint64_t> request_hash;
    equals<std::uint32_t> username;
    equals<std::uint32_t> email;
    equals<std::uint32_t> resource_id;
    equals<std::uint32_t> target_hash;
    equals<std::uint32_t> action;
    equals<std::uint32_t> resource_type;
    std::int64_t from = INT64_MIN; // both inclusive
    std::int64_t to = INT64_MAX;

    bool admits(const audit_columns::chunk& in, std::size_t row) const
    {
        return username.admits(in.username[row]) && action.admits(in.action[row]) &&
               resource_type.admits(in.resource_type[row]) && resource_id.admits(in.resource_id[row]) &&
               target_hash.admits(in.target_hash[row]) && email.admits(in.email[row]) &&
               request_hash.admits(in.request_hash[row]) && id_hash.admits(in.id_hash[row]) &&
               in.time[row] >= from && in.time[row] <= to;
    }
};

} // namespace latchkey
