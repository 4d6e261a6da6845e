// The file end of the audit log: puts entries into the chain, writes and syncs them, cuts away what was
// written by half, rotates. Used by one thread at a time (the audit writer's); holds the log's lock, so that
// no second process writes into the same chain.
#pragma once

#include "storage/audit_head.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_parts.hpp"
#include "storage/file_descriptor.hpp"
#include "storage/open_error.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace latchkey {

// What had to be cut off the end of a log when it was opened.
struct audit_repair {
    std::uint64_t bytes = 0;
    std::string beginning; // of them
    std::string file;
};

// What does not fit between a log's head record and its end: the log was cut or changed behind the server's
// back, or the record was.
struct audit_mismatch {
    std::string reason;             // one sentence
    std::optional<audit_head> head; // nothing where the record is none
    audit_head found;               // the last line of the log
};

// What became of the lines that were kept elsewhere (audit_mending.hpp) when a log was opened.
struct audit_kept_lines {
    std::uint64_t restored_from = 0; // seq; 0: the log had all that it should have
    std::uint64_t restored_to = 0;
    std::size_t left = 0;  // lines that do not follow what is there
    std::string left_file; // where they are now
};

class audit_output {
public:
    struct written_line {
        std::uint64_t offset = 0; // in the file
        std::size_t size = 0;     // without newline
    };

    // Creates the file (0600) if there is none, writes anew what was kept elsewhere, finds the end of the
    // chain, cuts a torn end off. All that is there then is synced. `kept`: lines without newlines, in any
    // order.
    static open_result<std::unique_ptr<audit_output>>
    open(std::string path, line_digest digest_of, const std::vector<std::string>& kept = {});

    // What `open` had to cut; bytes is 0 if nothing.
    const audit_repair& repair() const { return repair_; }

    // What `open` did with the lines that were kept elsewhere.
    const audit_kept_lines& kept_lines() const { return kept_lines_; }

    // What `open` found wrong at the end of the log, if anything; noted nowhere until somebody does. The head
    // record stays as it is until something is synced.
    const std::optional<audit_mismatch>& mismatch() const { return mismatch_; }

    // The log held entries and had no head record: whether its end was cut off, nobody can tell.
    bool had_no_head() const { return had_no_head_; }

    // Why the head record could not be written the last time, if so: it then lags behind.
    const error_code& head_error() const { return head_error_; }

    // Puts an entry at the end of the chain, in memory.
    void stage(const audit_text& entry);

    // Writes what is staged, and syncs if asked to. On an error nothing of it is in the chain: it is
    // dropped, and cut off the file now or by the next call of `write_staged`.
    error_code write_staged(bool and_sync);

    // What the last successful write_staged wrote, in the order in which it was staged; until the next
    // `stage`.
    std::vector<written_line> written() const;

    // The bytes of those lines, each with its newline.
    std::string_view written_text() const { return is_written_ ? staged_ : std::string_view{}; }

    // Lines written without it become durable. After a failed sync nobody knows what the disk has of them: if
    // they are remembered, the next sync or write_staged first writes them anew.
    error_code sync();

    // From now on lines are remembered until they are synced.
    void remember_unsynced() { remembers_ = true; }
    bool has_unsynced() const { return synced_size_ != size_; }
    std::uint64_t unsynced_bytes() const { return size_ - synced_size_; }

    // Renames the file to `rotated_name` and goes on in a fresh one; sets what it was renamed to. On an error
    // it goes on in the old one. Sync first: the old file is not touched again.
    error_code rotate(std::string& renamed_to);

    // True if the file at the path is not the one being written: somebody renamed or removed it.
    bool is_displaced() const;

    // True if the file being written has been deleted: what is written now is lost with it.
    bool is_deleted() const;

    // Goes on in a fresh file at the path, when `is_displaced`. On an error it goes on in the old one.
    // Sync first, as for `rotate`.
    error_code follow_path();

    const std::string& path() const { return path_; }
    file_identity identity() const { return identity_; }
    std::uint64_t size() const { return size_; }
    std::uint64_t first_seq() const { return first_seq_; } // of this file; the next seq while it is empty
    std::uint64_t last_seq() const { return link_.seq - 1; }

private:
    audit_output(std::string path, line_digest digest_of)
        : path_{std::move(path)},
          digest_of_{digest_of},
          head_{path_}
    {}

    std::optional<open_error> lock();
    std::optional<open_error> open_current();
    std::optional<open_error> find_chain_end();
    std::optional<open_error> take_up(const std::string& path, const file_descriptor& file);
    void check_head();
    std::optional<open_error> mend(const std::vector<std::string>& kept, std::vector<std::string>& left);
    result<audit_link> link_behind(const file_descriptor& part, std::uint64_t last_seq) const;
    std::optional<open_error> put_aside(const std::vector<std::string>& lines);
    error_code write_unsynced_anew();
    void have_synced();
    open_error reason(std::string_view what, std::string_view remedy) const;
    static result<file_descriptor> open_fresh(const std::string& path);
    error_code adopt(file_descriptor fresh);
    error_code sync_file();
    audit_head last_line() const { return {link_.seq - 1, link_.prev}; }
    void write_head() { head_error_ = head_.write(last_line(), file_); }
    void drop_staged();

    const std::string path_;
    const line_digest digest_of_;
    file_descriptor lock_;
    file_descriptor file_;
    file_identity identity_;
    audit_repair repair_;
    audit_kept_lines kept_lines_;
    audit_head_file head_; // names what was synced, nothing more
    std::optional<audit_mismatch> mismatch_;
    bool had_no_head_ = false;
    error_code head_error_;

    audit_link link_; // of the next line
    std::uint64_t first_seq_ = 1;
    std::uint64_t size_ = 0; // of the whole lines of the chain
    std::uint64_t synced_size_ = 0;
    bool remembers_ = false;
    std::string unsynced_;      // the bytes from synced_size_ to size_, if it remembers them
    bool is_doubtful_ = false;  // what the file holds of them
    bool has_remains_ = false;  // of a failed write behind size_
    bool has_new_name_ = false; // which its directory has not been synced with

    struct extent {
        std::size_t begin = 0; // in staged_
        std::size_t length = 0;
    };
    std::string staged_;
    std::vector<extent> extents_;
    audit_link staged_link_;           // of the line after the staged ones
    std::uint64_t written_offset_ = 0; // in the file, of staged_ once written
    bool is_written_ = false;
};

} // namespace latchkey
