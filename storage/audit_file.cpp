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

std::vector<audit_entry> notes_of(const audit_output& output, const clock& clock)
{
    std::vector<audit_entry> notes;
    if (output.repair().bytes != 0) notes.push_back(note_of(output.repair(), clock));
    if (output.mismatch()) notes.push_back(note_of(*output.mismatch(), clock));
    return notes;
}

std::string warning_of(const audit_output& output)
{
    const std::string& path = output.path();
    if (output.mismatch())
        return "audit log " + path + ": " + output.mismatch()->reason + "; it goes on with an entry `" +
               std::string{audit_alarm} + "` that says so; find out who did it, and keep a copy of the files";
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
    auto output = audit_output::open(options.path, options.digest_of);
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
    return log;
}

audit_file::audit_file(audit_options options,
                       std::unique_ptr<audit_output> output,
                       const clock& clock,
                       worker_pool& pool)
    : pool_{pool},
      index_{options.path},
      writer_{std::move(options), std::move(output), index_, clock}
{}

audit_file::~audit_file()
{
    close();
}

task<result<void>> audit_file::append(audit_entry entry)
{
    return append(audit_text{entry});
}

task<result<void>> audit_file::append(audit_text entry)
{
    auto initiate = [this, &entry](auto handler) {
        writer_.append(std::move(entry),
                       std::make_unique<handler_waiter<decltype(handler)>>(std::move(handler)));
    };
    const write_verdict verdict =
        co_await asio::async_initiate<decltype(use_task), void(write_verdict)>(std::move(initiate), use_task);
    if (verdict.ec) co_return verdict.ec;
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
