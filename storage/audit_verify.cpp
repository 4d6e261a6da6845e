#include "storage/audit_verify.hpp"

#include "storage/audit_head.hpp"
#include "storage/audit_parts.hpp"
#include "storage/line_reader.hpp"

#include <fcntl.h>
#include <limits>

namespace latchkey {
namespace {

std::string numbered(std::uint64_t line)
{
    return "line " + std::to_string(line);
}

// One walk over the files of a log.
class chain_walk {
public:
    chain_walk(line_digest digest_of, const std::atomic<bool>* stopped)
        : digest_of_{digest_of},
          stopped_{stopped}
    {}

    // Before the walk, so that what a running server writes meanwhile is behind it.
    void read_head(const std::string& log_path)
    {
        head_record_ = read_audit_head(log_path);
        if (head_record_ && *head_record_) {
            head_ = **head_record_;
            verdict_.head_seq = head_->seq;
            is_head_met_ = *head_ == audit_head{};
        }
    }

    // After a walk without a fault.
    void check_head(const std::string& log_path)
    {
        if (is_absent(head_record_) || is_head_met_) return;
        path_ = head_name(log_path);
        if (!head_record_) {
            fail(audit_damage::unreadable, 0, "cannot be read: " + head_record_.error().message());
        } else if (!head_) {
            fail(audit_damage::malformed, 0, "is not a head record: it was changed");
        } else {
            path_ = log_path;
            const std::string begun_or_ended =
                verdict_.last_seq < head_->seq
                    ? "the log was cut behind entry " + std::to_string(verdict_.last_seq)
                    : "the log begins with entry " + std::to_string(verdict_.first_seq);
            fail(audit_damage::removed,
                 0,
                 "entry " + std::to_string(head_->seq) +
                     ", which the head record names, is not there: " + begun_or_ended);
        }
    }

    // False once a fault is found.
    bool walk(const std::string& path)
    {
        verdict_.files.push_back(path);
        path_ = path;
        line_ = 0;
        // Looked at before it is opened: opening a FIFO would block.
        const auto facts = facts_of(path);
        if (facts && !facts->is_regular)
            return fail(audit_damage::unreadable, 0, "cannot be read: it is not a regular file");
        const auto file = open_file(path, O_RDONLY);
        if (!file) return fail(audit_damage::unreadable, 0, "cannot be opened: " + file.error().message());

        line_reader reader{*file, audit_line_limit};
        line_reader::line line;
        while (reader.next(line)) {
            ++line_;
            if (stopped_ && *stopped_)
                return fail(audit_damage::unreadable, line_, "was not read on: the check was stopped");
            if (!check(line, reader)) return false;
        }
        if (reader.error())
            return fail(audit_damage::unreadable, line_ + 1, "cannot be read: " + reader.error().message());
        return true;
    }

    audit_verdict take() { return std::move(verdict_); }

private:
    bool check(const line_reader::line& line, line_reader& reader)
    {
        if (line.is_torn)
            return fail(audit_damage::torn, line_, numbered(line_) + " has no end: it was torn");
        const auto scanned = scan_audit_line(line.text);
        if (!scanned)
            return fail(audit_damage::malformed, line_, numbered(line_) + " is not an entry: it was changed");

        const audit_link link = scanned->link;
        if (verdict_.entries == 0 ? !check_first(link) : !check_next(link, reader)) return false;

        verdict_.last_digest = digest_of_(line.text); // before anything invalidates the view
        verdict_.last_seq = link.seq;
        ++verdict_.entries;
        if (verdict_.alarm_seq == 0 && scanned->action == audit_alarm &&
            scanned->resource_type == audit_log_resource)
            verdict_.alarm_seq = link.seq;
        last_path_ = path_;
        last_line_ = line_;
        return !head_ || link.seq != head_->seq || check_named();
    }

    // The last line taken is the one with the number in the head record.
    bool check_named()
    {
        is_head_met_ = verdict_.last_digest == head_->last;
        if (is_head_met_) return true;
        return fail(audit_damage::changed,
                    line_,
                    "entry " + std::to_string(head_->seq) +
                        " is not the one that the head record names: one of the two was changed");
    }

    bool check_first(const audit_link& link)
    {
        if (link.seq == 1 && link.prev != digest{})
            return fail(
                audit_damage::changed, line_, numbered(line_) + " is the first entry, but follows another");
        verdict_.first_seq = link.seq;
        // The line in front of the first is as good as there: its digest is in this one.
        if (head_ && link.seq == head_->seq + 1) is_head_met_ = link.prev == head_->last;
        return true;
    }

    bool check_next(const audit_link& link, line_reader& reader)
    {
        const std::uint64_t expected = verdict_.last_seq + 1;
        if (link.seq < expected) {
            return fail(audit_damage::reordered,
                        line_,
                        numbered(line_) + " holds entry " + std::to_string(link.seq) + " where " +
                            std::to_string(expected) + " belongs: lines were moved or put in");
        }
        if (link.seq > expected) return fail_gap(link, reader);
        if (link.prev == verdict_.last_digest) return true;

        // Either line may be the one that was touched; the chain cannot tell which.
        const std::string reason = "entry " + std::to_string(verdict_.last_seq) +
                                   " is not the one that entry " + std::to_string(link.seq) +
                                   " was written after: one of the two was changed";
        path_ = last_path_;
        return fail(audit_damage::changed, last_line_, reason);
    }

    bool fail_gap(const audit_link& link, line_reader& reader)
    {
        const std::uint64_t expected = verdict_.last_seq + 1;
        const std::string found = numbered(line_) + " holds entry " + std::to_string(link.seq) + " where " +
                                  std::to_string(expected) + " belongs: ";
        line_reader::line next;
        const auto after = reader.next(next) ? scan_audit_line(next.text) : std::nullopt;
        if (after && after->link.seq < link.seq)
            return fail(audit_damage::reordered, line_, found + "lines were moved");
        return fail(
            audit_damage::removed, line_, found + std::to_string(link.seq - expected) + " removed before it");
    }

    bool fail(audit_damage what, std::uint64_t line, std::string reason)
    {
        verdict_.fault = audit_fault{what, path_, line, std::move(reason)};
        return false;
    }

    const line_digest digest_of_;
    const std::atomic<bool>* const stopped_; // null: never
    audit_verdict verdict_;
    result<std::optional<audit_head>> head_record_;
    std::optional<audit_head> head_; // what it says, where it is one
    bool is_head_met_ = false;
    std::string path_;       // of the file being walked
    std::uint64_t line_ = 0; // in it
    std::string last_path_;  // where the last good entry stands
    std::uint64_t last_line_ = 0;
};

} // namespace

std::string_view to_string(audit_damage what) noexcept
{
    switch (what) {
    case audit_damage::unreadable: return "unreadable";
    case audit_damage::malformed: return "malformed";
    case audit_damage::changed: return "changed";
    case audit_damage::removed: return "removed";
    case audit_damage::reordered: return "reordered";
    case audit_damage::torn: return "torn";
    }
    return "unreadable";
}

audit_verdict
verify_audit_log(const std::string& path, line_digest digest_of, const std::atomic<bool>* stopped)
{
    const auto current = inspect_audit_part(path);
    const std::uint64_t before = current ? current->first_seq : std::numeric_limits<std::uint64_t>::max();

    std::vector<std::string> files;
    for (const auto& part : order_audit_parts(path, find_audit_siblings(path), before))
        files.push_back(part.path);
    files.push_back(path);
    return verify_audit_files(files, digest_of, stopped);
}

audit_verdict verify_audit_files(const std::vector<std::string>& files,
                                 line_digest digest_of,
                                 const std::atomic<bool>* stopped)
{
    chain_walk walk{digest_of, stopped};
    if (!files.empty()) walk.read_head(files.back());
    bool is_whole = true;
    for (auto file = files.begin(); is_whole && file != files.end(); ++file)
        is_whole = walk.walk(*file);
    if (is_whole && !files.empty()) walk.check_head(files.back());
    return walk.take();
}

} // namespace latchkey
