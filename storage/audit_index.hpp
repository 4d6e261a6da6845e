// Searches the audit log. What was in the files at start is indexed by a background thread, what comes after
// by the writer; a search filters the index and reads only the lines of its page. What other servers wrote
// may be searched with it: those lines are kept here. One object, owned by audit_file; each function says
// which thread may call it.
#pragma once

#include "storage/audit_columns.hpp"
#include "storage/audit_line.hpp"
#include "storage/audit_parts.hpp"
#include "storage/audit_search.hpp"
#include "storage/audit_sources.hpp"
#include "storage/resumption.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

namespace latchkey {

class audit_index {
public:
    explicit audit_index(std::string path) : sources_{std::move(path)} {}
    ~audit_index();

    audit_index(const audit_index&) = delete;
    audit_index& operator=(const audit_index&) = delete;

    // Starts indexing `parts`, oldest first, each up to its `size`. Call once, before `add`.
    void build(std::vector<audit_part> parts);

    // Completes when the build has ended; unavailable: it was stopped. On a shard.
    task<result<void>> wait_until_built();

    // Stops the build and joins its thread. May be called twice.
    void stop();

    // The number of the file that lines are being added from. Any thread.
    audit_sources& sources() { return sources_; }

    // Adds a line behind all others. The writer's thread.
    void add(std::uint32_t file, std::uint64_t offset, std::size_t size, const audit_facts& line);

    // Before the first search: entries of other servers will come, and the order is that of time (see
    // audit_search.hpp). About `limit` of them are kept, those that came last: 64 bytes and the line for
    // each.
    void keep_foreign(std::size_t limit);

    // What unchained_line wrote elsewhere; false: that it is not. It may be an entry that is in the
    // files too, or has come before. Any thread.
    bool add_foreign(std::string line);
    void drop_foreign();

    // Newest first. Blocks: on a worker thread, after wait_until_built.
    audit_page search(const audit_query& query);

    // One line about what could not be read, for health; empty while all is well. Any thread.
    std::string problem() const;

private:
    class text_hash {
    public:
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };

    // Numbers for text, from 1; 0 stands for empty text.
    using dictionary = std::unordered_map<std::string, std::uint32_t, text_hash, std::equal_to<>>;

    void build_all(const std::vector<audit_part>& parts);
    void build_from(const audit_part& part);
    audit_row row_for(std::uint32_t file, std::uint64_t offset, std::size_t length, const audit_facts& line);
    bool translate(const audit_query& query, audit_row_filter& filter) const;
    void note_problem(std::string problem);

    audit_sources sources_;

    mutable std::mutex mutex_; // guards what follows
    audit_columns history_;    // from before the start
    audit_columns live_;       // since
    audit_columns foreign_;    // of other servers
    std::size_t foreign_limit_ = 0;
    audit_order order_ = audit_order::age;
    dictionary usernames_;
    dictionary emails_;
    dictionary words_; // actions and resource types
    dictionary resource_ids_;
    bool is_built_ = false;
    bool is_stopped_ = false;
    std::string problem_;
    std::vector<std::unique_ptr<resumption<result<void>>>> waiting_;

    std::atomic<bool> stop_requested_{false};
    std::thread builder_;
};

} // namespace latchkey
