// One line of the audit log: an audit_entry as compact JSON with a fixed order of fields, a sequence number
// and the digest of the line before. Plain functions, callable from every thread.
#pragma once

#include "storage/audit_log.hpp"
#include "storage/records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace latchkey {

// SHA-256; handed in because this layer has no cryptography of its own.
using line_digest = digest (*)(std::string_view);

// No line is longer, its newline not counted; append_audit_line cuts what does not fit.
inline constexpr std::size_t audit_line_limit = 128 * 1024;

// The action of the entry that a log writes about itself when it was cut or changed while no server ran.
inline constexpr std::string_view audit_alarm = "alarm";
inline constexpr std::string_view audit_log_resource = "audit_log";

// What ties a line to its place in the chain.
struct audit_link {
    std::uint64_t seq = 0; // 1 for the first line of a log
    digest prev{};         // of the bytes of line seq - 1, without its newline; zeros for the first line
};

// What a log is searched by. The views point into the line, and are still escaped.
struct audit_facts {
    time_point time;
    uuid id{};
    std::string_view actor_username;
    std::string_view actor_email;
    std::string_view action;
    std::string_view resource_type;
    std::optional<uuid> resource_id;
    std::string_view resource_target;
    uuid request_id{};

    friend bool operator==(const audit_facts&, const audit_facts&) = default;
};

// An entry as text: the members of a JSON object, from `time` on. Made once, on the thread that acts, for
// every line it becomes. Text that is not UTF-8, or is control characters, is made harmless; text is cut to
// 1 KiB; a `diff` or `additional_fields` above 16 KiB is replaced by a note of its size.
class audit_text {
public:
    explicit audit_text(const audit_entry& entry);

    std::string_view members() const noexcept { return members_; }

    // What a scan of the line would find, without the scan, which is two thirds of what it takes to index an
    // entry (./dev bench create). The views point into `members`.
    audit_facts facts() const noexcept;

private:
    struct extent { // in members_
        std::uint32_t begin = 0;
        std::uint32_t size = 0;
    };

    extent append_text(std::string_view name, std::string_view text);
    void append_actor(const audit_entry& entry);
    std::string_view at(extent where) const noexcept
    {
        return std::string_view{members_}.substr(where.begin, where.size);
    }

    std::string members_;
    time_point time_;
    uuid id_{};
    extent actor_username_;
    extent actor_email_;
    extent action_;
    extent resource_type_;
    std::optional<uuid> resource_id_;
    extent resource_target_;
    uuid request_id_{};
};

// Appends the line without its newline.
void append_audit_line(std::string& out, const audit_text& entry, const audit_link& link);

// The line without `seq` and `prev`: an entry outside of any file.
std::string unchained_line(const audit_text& entry);

// A line taken apart without copying: the views point into it, and text is still escaped.
struct audit_line {
    audit_link link;
    time_point time;
    uuid id{};
    std::optional<uuid> actor;
    std::string_view actor_username;
    std::string_view actor_email;
    std::string_view actor_key;
    std::string_view action;
    std::string_view resource_type;
    std::optional<uuid> resource_id;
    std::string_view resource_target;
    std::string_view outcome;
    int status = 0;
    uuid request_id{};
    std::string_view address;
    std::string_view user_agent;
    std::string_view diff; // JSON
    std::string_view additional_fields;
};

// Strict: every field, in order, without space, well-formed UTF-8, at most audit_line_limit bytes.
// Nothing for anything else. Does not look at the digest. Throws only std::bad_alloc.
std::optional<audit_line> scan_audit_line(std::string_view line);

// As strict as the first, for what unchained_line writes; the link is empty.
std::optional<audit_line> scan_unchained_line(std::string_view line);

audit_facts facts_of(const audit_line& line) noexcept;

// The entry that the line holds.
audit_entry to_entry(const audit_line& line);

} // namespace latchkey
