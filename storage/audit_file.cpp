#include "storage/audit_file.hpp"

#include "storage/hex_text.hpp"

namespace latchkey {
namespace {

audit_entry note_of(const audit_repair& repair, const clock& clock)
{
    return audit_note(clock,
                      "repair",
                      {{"file", repair.file}, {"cut_bytes", repair.bytes}, {"cut_text", repair.beginning}});
}

audit_entry note_of(const audit_mismatch& mismatch, const clock& clock)
{
    boost::json::object fields{{"reason", mismatch.reason}};
    if (mismatch.head) {
        fields["expected_seq"] = mismatch.head->seq;
        fields["expected_digest"] = to_hex(mismatch.head->last);
    }
    fields["found_seq"] = mismatch.found.seq;
    fields["found_digest"] = to_hex(mismatch.found.last);
    audit_entry note = audit_note(clock, std::string{audit_alarm}, std::move(fields));
    note.outcome = "failed";
    return note;
}

audit_entry note_of_restored(const audit_output& output, const clock& clock)
{
    return audit_note(clock,
                      "repair",
                      {{"file", output.path()},
                       {"restored_from_seq", output.kept_lines().restored_from},
                       {"restored_to_seq", output.kept_lines().restored_to}});
}

std::string left_by(const audit_kept_lines& kept)
{
    return "the database keeps " + std::to_string(kept.left) +
           " lines of an audit log that do not follow the end of this one: they are of another, or "
           "this one was cut; they are in " +
           kept.left_file + " now";
}

audit_entry note_of_left(const audit_output& output, const clock& clock)
{
    const audit_kept_lines& kept = output.kept_lines();
    audit_entry note = audit_note(clock,
                                  std::string{audit_alarm},
                                  {{"reason", left_by(kept)},
                                   {"lines", kept.left},
                                   {"file", kept.left_file},
                                   {"found_seq", output.last_seq()}});
    note.outcome = "failed";
    return note;
}

std::vector<audit_entry> notes_of(const audit_output& output, const clock& clock)
{
    std::vector<audit_entry> notes;
    if (output.repair().bytes != 0) notes.push_back(note_of(output.repair(), clock));
    if (output.mismatch()) notes.push_back(note_of(*output.mismatch(), clock));
    if (output.kept_lines().restored_from != 0) notes.push_back(note_of_restored(output, clock));
    if (output.kept_lines().left != 0) notes.push_back(note_of_left(output, clock));
    return notes;
}

std::string warning_of(const audit_output& output)
{
    const std::string& path = output.path();
    if (output.mismatch())
        return "audit log " + path + ": " + output.mismatch()->reason + "; it goes on with an entry `" +
               std::string{audit_alarm} + "` that says so; find out who did it, and keep a copy of the files";
    if (output.kept_lines().left != 0)
        return "audit log " + path + ": " + left_by(output.kept_lines()) + "; it goes on with an entry `" +
               std::string{audit_alarm} + "` that says so";
    if (output.had_no_head())
        return "audit log " + path + ": there was no head record " + head_name(path) +
               ", so that lines cut off its end would not be missed; a new one was made";
    return {};
}

// The files that hold entries from before this start, oldest first.
std::vector<audit_part> parts_of(const audit_output& output)
{
    const std::uint64_t before = output.first_seq();
    auto parts = order_audit_parts(output.path(), find_audit_siblings(output.path()), before);
    if (output.size() != 0)
        parts.push_back({output.path(), output.identity(), output.size(), before, output.last_seq()});
    return parts;
}

} // namespace

open_result<std::unique_ptr<audit_file>>
audit_file::open(audit_options options, const clock& clock, worker_pool& pool)
{
    audit_line_keeper* const keeper = options.keeper;
    const auto kept = keeper ? keeper->take_audit_lines() : std::vector<std::string>{};
    auto output = audit_output::open(options.path, options.digest_of, kept);
    if (!output) return output.error();

    const auto notes = notes_of(**output, clock);
    std::string warning = warning_of(**output);
    auto parts = parts_of(**output);
    const std::string path = options.path;
    std::unique_ptr<audit_file> log{new audit_file{std::move(options), std::move(*output), clock, pool}};
    log->warning_ = std::move(warning);
    log->index_.build(std::move(parts));
    if (const error_code ec = log->writer_.start(notes)) {
        return open_error{"audit log " + path + ": cannot be written: " + ec.message() +
                          "; make room on the disk, or set another --audit-log"};
    }
    if (keeper) keeper->release_audit_lines();
    return log;
}

audit_file::audit_file(audit_options options,
                       std::unique_ptr<audit_output> output,
                       const clock& clock,
                       worker_pool& pool)
    : pool_{pool},
      keeper_{options.sync == audit_sync::always ? options.keeper : nullptr},
      index_{options.path},
      writer_{std::move(options), std::move(output), index_, clock}
{}

audit_file::~audit_file()
{
    close();
}

task<result<void>> audit_file::append(audit_entry entry)
{
    return append(audit_text{entry}, is_followed_by_its_act(entry));
}

task<result<void>> audit_file::append(audit_text entry, bool is_ahead)
{
    auto writing = wait_for_write([this, &entry](std::unique_ptr<write_waiter> waiter) {
        writer_.append(std::move(entry), std::move(waiter));
    });
    const write_verdict written = co_await std::move(writing);
    if (written.ec) co_return written.ec;
    if (!keeper_ || is_ahead) co_return result<void>{};
    auto keeping = make_durable();
    co_return co_await std::move(keeping);
}

// What has been written, and is in no commit yet that can be counted on.
task<result<void>> audit_file::make_durable()
{
    auto keeping = keeper_->audit_lines_kept();
    const error_code not_kept = co_await std::move(keeping);
    if (!not_kept) co_return result<void>{};
    auto syncing =
        wait_for_write([this](std::unique_ptr<write_waiter> waiter) { writer_.sync(std::move(waiter)); });
    const write_verdict synced = co_await std::move(syncing);
    if (synced.ec) co_return synced.ec;
    co_return result<void>{};
}

task<result<audit_page>> audit_file::search(audit_query query)
{
    const result<void> built = co_await index_.wait_until_built();
    if (!built) co_return built.error();
    auto work = [this, query = std::move(query)] { return index_.search(query); };
    result<audit_page> page = co_await pool_.run(std::move(work));
    co_return page;
}

audit_health audit_file::health() const
{
    audit_health health = writer_.health();
    if (health.problem.empty()) health.problem = index_.problem();
    return health;
}

void audit_file::reopen()
{
    writer_.reopen();
}

void audit_file::close()
{
    writer_.close();
    index_.stop();
}

} // namespace latchkey
