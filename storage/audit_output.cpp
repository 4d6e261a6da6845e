#include "storage/audit_output.hpp"

#include <boost/system/errc.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>

namespace latchkey {

namespace errc = boost::system::errc;

void audit_output::stage(const audit_text& entry)
{
    if (is_written_) drop_staged();
    if (extents_.empty()) staged_link_ = link_;

    const std::size_t begin = staged_.size();
    append_audit_line(staged_, entry, staged_link_);
    const std::size_t length = staged_.size() - begin;
    extents_.push_back({begin, length});
    staged_link_.prev = digest_of_(std::string_view{staged_}.substr(begin));
    ++staged_link_.seq;
    staged_ += '\n';
}

error_code audit_output::write_staged(bool and_sync)
{
    error_code ec;
    if (is_doubtful_)
        ec = write_unsynced_anew();
    else if (has_remains_)
        ec = cut_to(file_, size_);
    if (ec) {
        drop_staged();
        return ec;
    }
    has_remains_ = false;

    ec = append_all(file_, staged_);
    if (!ec && and_sync) ec = sync_file();
    if (ec) {
        // After a failed sync the kernel may have thrown away the pages and call them clean: what was
        // written counts as lost, and goes, so that nobody finds entries whose callers were told no.
        has_remains_ = static_cast<bool>(cut_to(file_, size_));
        drop_staged();
        return ec;
    }

    written_offset_ = size_;
    size_ += staged_.size();
    link_ = staged_link_;
    is_written_ = true;
    if (and_sync)
        have_synced();
    else if (remembers_)
        unsynced_ += staged_;
    return {};
}

void audit_output::have_synced()
{
    synced_size_ = size_;
    unsynced_.clear();
    is_doubtful_ = false;
    write_head();
}

// So that all of it is dirty again, whatever the kernel made of it.
error_code audit_output::write_unsynced_anew()
{
    if (const error_code ec = cut_to(file_, synced_size_)) return ec;
    return append_all(file_, unsynced_);
}

std::vector<audit_output::written_line> audit_output::written() const
{
    std::vector<written_line> lines;
    if (!is_written_) return lines;
    lines.reserve(extents_.size());
    for (const extent& line : extents_)
        lines.push_back({written_offset_ + line.begin, line.length});
    return lines;
}

error_code audit_output::sync()
{
    error_code ec;
    if (is_doubtful_) ec = write_unsynced_anew();
    if (!ec) ec = sync_file();
    if (!ec) have_synced();
    return ec;
}

// A file that is durable without its name would be lost all the same.
error_code audit_output::sync_file()
{
    if (has_new_name_) {
        if (const error_code ec = sync_directory_of(path_)) return ec;
        has_new_name_ = false;
    }
    const error_code ec = sync_data(file_);
    if (ec) is_doubtful_ = remembers_ && has_unsynced();
    return ec;
}

error_code audit_output::rotate(std::string& renamed_to)
{
    renamed_to = rotated_name(path_, first_seq_);
    if (facts_of(renamed_to)) return make_error_code(errc::file_exists);
    const std::string fresh_name = path_ + ".next";
    auto fresh = open_fresh(fresh_name);
    if (!fresh) return fresh.error();

    if (std::rename(path_.c_str(), renamed_to.c_str()) != 0) return {errno, boost::system::system_category()};
    if (std::rename(fresh_name.c_str(), path_.c_str()) != 0) {
        const int cause = errno;
        // If this fails too, the file is found again at the next start by its rotated name.
        if (std::rename(renamed_to.c_str(), path_.c_str()) != 0)
            return {errno, boost::system::system_category()};
        return {cause, boost::system::system_category()};
    }
    return adopt(std::move(*fresh));
}

result<file_descriptor> audit_output::open_fresh(const std::string& path)
{
    auto fresh = open_file(path, O_RDWR | O_APPEND | O_CREAT);
    if (!fresh) return fresh.error();
    const auto facts = facts_of(*fresh);
    if (!facts) return facts.error();
    // Somebody else may have created it, as logrotate does, but nothing may be in it.
    if (!facts->is_regular || facts->size != 0) return make_error_code(errc::file_exists);
    return fresh;
}

bool audit_output::is_deleted() const
{
    const auto facts = facts_of(file_);
    return !facts || facts->is_unlinked;
}

bool audit_output::is_displaced() const
{
    const auto facts = facts_of(path_);
    return !facts || facts->identity != identity_;
}

error_code audit_output::follow_path()
{
    auto fresh = open_fresh(path_);
    if (!fresh) return fresh.error();
    return adopt(std::move(*fresh));
}

error_code audit_output::adopt(file_descriptor fresh)
{
    const auto facts = facts_of(fresh);
    if (!facts) return facts.error();
    file_ = std::move(fresh);
    identity_ = facts->identity;
    first_seq_ = link_.seq;
    size_ = 0;
    synced_size_ = 0;
    unsynced_.clear();
    is_doubtful_ = false;
    has_remains_ = false;
    has_new_name_ = true;
    head_.follow_path();
    drop_staged();
    return {};
}

void audit_output::drop_staged()
{
    staged_.clear();
    extents_.clear();
    is_written_ = false;
}

} // namespace latchkey
