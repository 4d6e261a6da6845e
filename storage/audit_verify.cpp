#include "storage/audit_verify.hpp"

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
    explicit chain_walk(line_digest digest_of) : digest_of_{digest_of} {}

    // False once a fault is found.
    bool walk(const std::string& path)
    {
        verdict_.files.push_back(path);
        path_ = path;
        line_ = 0;
        const auto file = open_file(path, O_RDONLY);
        if (!file) return fail(audit_damage::unreadable, 0, "cannot be opened: " + file.error().message());

        line_reader reader{*file, audit_line_limit};
        line_reader::line line;
        while (reader.next(line)) {
            ++line_;
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
        last_path_ = path_;
        last_line_ = line_;
        return true;
    }

    bool check_first(const audit_link& link)
    {
        if (link.seq == 1 && link.prev != digest{})
            return fail(
                audit_damage::changed, line_, numbered(line_) + " is the first entry, but follows another");
        verdict_.first_seq = link.seq;
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
    audit_verdict verdict_;
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

audit_verdict verify_audit_log(const std::string& path, line_digest digest_of)
{
    const auto current = inspect_audit_part(path);
    const std::uint64_t before = current ? current->first_seq : std::numeric_limits<std::uint64_t>::max();

    std::vector<std::string> files;
    for (const auto& part : order_audit_parts(path, find_audit_siblings(path), before))
        files.push_back(part.path);
    files.push_back(path);
    return verify_audit_files(files, digest_of);
}

audit_verdict verify_audit_files(const std::vector<std::string>& files, line_digest digest_of)
{
    chain_walk walk{digest_of};
    for (const auto& file : files)
        if (!walk.walk(file)) break;
    return walk.take();
}

} // namespace latchkey
