#include "storage/audit_mending.hpp"
#include "storage/audit_output.hpp"

#include <algorithm>
#include <fcntl.h>
#include <sys/file.h>

namespace latchkey {
namespace {

constexpr std::size_t noted_bytes = 256; // of a torn end

// A torn end without a whole line before it is a log's only if it begins as one does. A run of NULs is
// what some file systems leave behind after a power loss.
bool looks_like_a_first_line(std::string_view torn)
{
    constexpr std::string_view opening = R"({"seq":)";
    const std::size_t compared = std::min(torn.size(), opening.size());
    return torn.substr(0, compared) == opening.substr(0, compared) ||
           torn.find_first_not_of('\0') == torn.npos;
}

const audit_part* newest(const std::vector<audit_part>& parts)
{
    const auto last = std::max_element(parts.begin(), parts.end(), [](const auto& left, const auto& right) {
        return left.last_seq < right.last_seq;
    });
    return last == parts.end() ? nullptr : &*last;
}

} // namespace

open_result<std::unique_ptr<audit_output>>
audit_output::open(std::string path, line_digest digest_of, const std::vector<std::string>& kept)
{
    std::unique_ptr<audit_output> output{new audit_output{std::move(path), digest_of}};
    if (auto failure = output->lock()) return *failure;
    if (auto failure = output->open_current()) return *failure;
    std::vector<std::string> left;
    if (auto failure = output->mend(kept, left)) return *failure;
    if (auto failure = output->find_chain_end()) return *failure;
    if (auto failure = output->put_aside(left)) return *failure;
    output->check_head();
    return output;
}

open_error audit_output::reason(std::string_view what, std::string_view remedy) const
{
    return {"audit log " + path_ + ": " + std::string{what} + "; " + std::string{remedy}};
}

// A file of its own, since the log's file changes its name and another takes its place.
std::optional<open_error> audit_output::lock()
{
    auto file = open_file(path_ + ".lock", O_RDWR | O_CREAT);
    if (!file) {
        return reason("its lock file cannot be created: " + file.error().message(),
                      "make its directory and let the server's user write there, or set another --audit-log");
    }
    if (::flock(file->number(), LOCK_EX | LOCK_NB) != 0) {
        return reason("another process is writing it",
                      "stop that process, or set another --audit-log for this one");
    }
    lock_ = std::move(*file);
    return std::nullopt;
}

std::optional<open_error> audit_output::open_current()
{
    auto file = open_file(path_, O_RDWR | O_APPEND | O_CREAT);
    if (!file) {
        return reason("cannot be opened: " + file.error().message(),
                      "let the server's user read and write it, or set another --audit-log");
    }
    const auto facts = facts_of(*file);
    if (!facts) return reason("cannot be read: " + facts.error().message(), "check the disk");
    if (!facts->is_regular) return reason("is not a regular file", "set --audit-log to one");
    if (const error_code ec = sync_directory_of(path_))
        return reason("its directory cannot be synced: " + ec.message(), "check the disk");
    file_ = std::move(*file);
    identity_ = facts->identity;
    return std::nullopt;
}

std::optional<open_error> audit_output::find_chain_end()
{
    link_.seq = 1;
    const auto own = inspect_audit_part(path_);
    if (auto failure = take_up(path_, file_)) return failure;
    if (link_.seq == 1) {
        // Nothing here: after a rotation that was cut short, the chain ends in the newest rotated part.
        const auto siblings = find_audit_siblings(path_);
        if (const audit_part* last = newest(siblings)) {
            const auto file = open_file(last->path, O_RDWR | O_APPEND);
            if (!file) {
                return reason("the rotated part " + last->path +
                                  ", where the chain ends, cannot be opened: " + file.error().message(),
                              "let the server's user read and write it");
            }
            if (auto failure = take_up(last->path, *file)) return failure;
            // It may have been renamed while it was written, and not yet synced.
            if (const error_code ec = sync_data(*file))
                return reason(last->path + " cannot be synced: " + ec.message(), "check the disk");
        }
    }

    const auto facts = facts_of(file_);
    if (!facts) return reason("cannot be read: " + facts.error().message(), "check the disk");
    // Whatever wrote it may not have synced it, and from here on it counts as synced.
    if (const error_code ec = sync_file())
        return reason("cannot be synced: " + ec.message(), "check the disk");
    size_ = facts->size;
    synced_size_ = size_;
    first_seq_ = own && size_ != 0 ? own->first_seq : link_.seq;
    return std::nullopt;
}

// Not a reason to refuse the start, whatever comes of it: whoever could cut the log could then stop the
// server with it. A record behind the log is what a crash leaves; that it names a line of this chain is for
// the verification to find, which reads all of it.
void audit_output::check_head()
{
    const audit_head found = last_line();
    const auto head = read_audit_head(path_);
    if (is_absent(head)) {
        had_no_head_ = found.seq != 0;
        write_head();
        return;
    }
    if (!head) {
        mismatch_ = {"its head record cannot be read: " + head.error().message(), std::nullopt, found};
    } else if (!*head) {
        mismatch_ = {"its head record is not one: it was changed", std::nullopt, found};
    } else {
        const audit_head& named = **head;
        if (named.seq > found.seq)
            mismatch_ = {"it was cut: entry " + std::to_string(named.seq) +
                             " was written, but it ends with entry " + std::to_string(found.seq),
                         named,
                         found};
        else if (named.seq == found.seq && named.last != found.last)
            mismatch_ = {"its last entry, " + std::to_string(found.seq) +
                             ", is not the one that was written: it was changed",
                         named,
                         found};
        head_error_ = head_.take_up();
    }
}

std::optional<open_error> audit_output::mend(const std::vector<std::string>& kept,
                                             std::vector<std::string>& left)
{
    if (kept.empty()) return std::nullopt;
    const auto head = read_audit_head(path_);
    const std::uint64_t synced = head && *head ? (*head)->seq : 0;
    const auto siblings = find_audit_siblings(path_);
    const audit_part* const last = newest(siblings);
    const auto older = last ? open_file(last->path, O_RDONLY) : result<file_descriptor>{};
    const auto before =
        last && older ? link_behind(*older, last->last_seq) : result<audit_link>{audit_link{1, {}}};
    if (!older || !before) {
        const error_code ec = older ? before.error() : older.error();
        return reason("the rotated part " + last->path + " cannot be read: " + ec.message(),
                      "let the server's user read it");
    }
    auto plan = plan_audit_mending(file_, synced, *before, kept, digest_of_);
    if (!plan) return reason("cannot be read: " + plan.error().message(), "check the disk");

    // Over what is there, so that at no moment anything is missing that was not.
    const auto over = open_file(path_, O_WRONLY);
    error_code ec = over ? write_at(*over, plan->text, plan->place) : over.error();
    if (!ec) ec = cut_to(file_, plan->place + plan->text.size());
    if (!ec && last) ec = forget_those_in(*older, plan->left);
    if (ec)
        return reason("what it lost cannot be put back from the database: " + ec.message(),
                      "make room on the disk");
    if (!plan->dropped.empty()) repair_ = {plan->dropped.size(), plan->dropped.substr(0, noted_bytes), path_};
    kept_lines_.restored_from = plan->restored_from;
    kept_lines_.restored_to = plan->restored_to;
    left = std::move(plan->left);
    return std::nullopt;
}

// What follows the last line of a rotated part, whose number that is.
result<audit_link> audit_output::link_behind(const file_descriptor& part, std::uint64_t last_seq) const
{
    const auto tail = read_audit_tail(part);
    if (!tail) return tail.error();
    return audit_link{last_seq + 1, digest_of_(tail->last_line)};
}

// They are nowhere else once the log has been opened.
std::optional<open_error> audit_output::put_aside(const std::vector<std::string>& lines)
{
    if (lines.empty()) return std::nullopt;
    kept_lines_.left = lines.size();
    kept_lines_.left_file = path_ + "_left"; // the name of no part
    std::string text;
    for (const std::string& line : lines)
        text.append(line) += '\n';
    const auto file = open_file(kept_lines_.left_file, O_WRONLY | O_APPEND | O_CREAT);
    error_code ec = file ? append_all(*file, text) : file.error();
    if (!ec) ec = sync_data(*file);
    if (!ec) ec = sync_directory_of(kept_lines_.left_file);
    if (!ec) return std::nullopt;
    return reason("lines that the database keeps of it cannot be written to " + kept_lines_.left_file + ": " +
                      ec.message(),
                  "make room on the disk, and let the server's user write there");
}

// Sets the link to follow the last whole line of `file`, and cuts off what is torn behind it.
std::optional<open_error> audit_output::take_up(const std::string& path, const file_descriptor& file)
{
    const auto tail = read_audit_tail(file);
    if (!tail) return reason(path + " cannot be read: " + tail.error().message(), "check the disk");

    std::optional<audit_line> last;
    if (tail->whole_bytes != 0) {
        last = scan_audit_line(tail->last_line);
        if (!last) {
            return reason("the last line of " + path + " is not an audit entry",
                          "run `latchkey audit verify " + path +
                              "`, then move the file away (a new chain begins) or remove that line");
        }
    }

    const std::uint64_t torn = tail->size - tail->whole_bytes;
    if (torn != 0) {
        std::string beginning(std::min<std::uint64_t>(torn, noted_bytes), '\0');
        const auto count = read_at(file, beginning.data(), beginning.size(), tail->whole_bytes);
        if (!count) return reason(path + " cannot be read: " + count.error().message(), "check the disk");
        if (!last && !looks_like_a_first_line(beginning))
            return reason(path + " is not an audit log", "set --audit-log to another file");
        if (const error_code ec = cut_to(file, tail->whole_bytes))
            return reason("the torn end of " + path + " cannot be cut off: " + ec.message(),
                          "check the disk");
        repair_ = {torn, std::move(beginning), path};
    }

    if (last) link_ = {last->link.seq + 1, digest_of_(tail->last_line)};
    return std::nullopt;
}

} // namespace latchkey
