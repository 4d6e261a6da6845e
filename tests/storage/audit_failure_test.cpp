#include "tests/storage/audit_fixture.hpp"
#include "tests/storage/disk_faults.hpp"
#include "tests/support/patience.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <thread>

using namespace latchkey;
using namespace latchkey::test;

namespace {

task<void> append_into(audit_file& log, audit_entry entry, std::optional<result<void>>& outcome)
{
    const result<void> appended = co_await log.append(std::move(entry));
    outcome = appended;
}

audit_entry newest(audit_fixture& audit, const std::string& action)
{
    const audit_page page = audit.search({.action = action});
    REQUIRE_FALSE(page.entries.empty());
    return page.entries.front();
}

} // namespace

TEST_CASE("a full disk refuses entries, loses none, and is recovered from", "[storage][audit_failure]")
{
    audit_fixture audit;
    audit.options.sync = GENERATE(audit_sync::always, audit_sync::interval, audit_sync::never);
    audit.open();
    audit.append_numbered(1, 3);
    const std::string before = read_all(audit.path);
    {
        // The write is cut short inside the line, so something has to be cut away again.
        const file_size_limit limit{before.size() + 100};

        CHECK(audit.append(numbered_entry(4)).error() == storage_errc::unavailable);
        CHECK(audit.append(numbered_entry(5)).error() == storage_errc::unavailable);
        CHECK_FALSE(audit.log->health().can_write);
        CHECK(audit.log->health().problem == "the audit log cannot be written: File too large");
    }
    audit.append_until_taken(6);

    CHECK(audit.log->health().can_write);
    CHECK(audit.log->health().problem.empty());
    const audit_entry note = newest(audit, "recover");
    CHECK(note.additional_fields.at("reason").as_string() == "cannot be written: File too large");
    CHECK(note.additional_fields.at("refused").to_number<int>() >= 2);
    CHECK_FALSE(note.additional_fields.contains("doubtful_from_seq"));
    audit.close();
    CHECK(read_all(audit.path).starts_with(before));
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().entries == 5);
}

TEST_CASE("an entry whose sync failed is refused and not kept", "[storage][audit_failure]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    const std::string before = read_all(audit.path);
    {
        const failing_syncs faults;
        CHECK(audit.append(numbered_entry(4)).error() == storage_errc::unavailable);
        CHECK(audit.log->health().problem == "the audit log cannot be written: Input/output error");
    }
    audit.append_until_taken(5);
    audit.close();

    CHECK(read_all(audit.path).starts_with(before));
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().entries == 5);
}

TEST_CASE("entries acknowledged before a sync that failed are noted as doubtful", "[storage][audit_failure]")
{
    audit_fixture audit;
    audit.options.sync = audit_sync::interval;
    audit.options.sync_interval = std::chrono::milliseconds{0};
    audit.open();
    {
        const failing_syncs faults;
        audit.append_numbered(1, 1);
        REQUIRE(becomes_true([&] { return !audit.log->health().can_write; }));
        CHECK(audit.log->health().problem == "the audit log cannot be synced: Input/output error");
    }
    audit.append_until_taken(2);

    const audit_entry note = newest(audit, "recover");
    CHECK(note.additional_fields.at("doubtful_from_seq").to_number<int>() == 1);
    CHECK(note.additional_fields.at("doubtful_to_seq").to_number<int>() == 1);
}

TEST_CASE("a log that cannot be repaired for lack of room stops the start", "[storage][audit_failure]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 2);
    audit.close();
    const std::string text = read_all(audit.path);
    write_all(audit.path, text.substr(0, text.size() - 1));

    const file_size_limit limit{text.size() / 2 + 100};
    check_mentions(audit.refusal(), "File too large; make room on the disk");
}

TEST_CASE("a full queue refuses at once under the policy to refuse", "[storage][audit_failure]")
{
    asio::io_context context{1}; // outlives the writer, which may still be inside its post
    audit_fixture audit;
    audit.options.when_full = audit_when_full::refuse;
    audit.options.queue_limit = 2;
    audit.open();
    std::optional<result<void>> outcomes[4];
    held_sync held;

    asio::co_spawn(context, append_into(*audit.log, numbered_entry(1), outcomes[0]), asio::detached);
    context.poll();
    held.wait_until_held();
    for (int n = 2; n <= 4; ++n)
        asio::co_spawn(context, append_into(*audit.log, numbered_entry(n), outcomes[n - 1]), asio::detached);
    context.poll();

    CHECK_FALSE(outcomes[0].has_value());
    CHECK_FALSE(outcomes[2].has_value());
    REQUIRE(outcomes[3].has_value());
    CHECK(outcomes[3]->error() == storage_errc::overloaded);
    CHECK(audit.log->health().queued == 2);

    held.let_go();
    context.run_for(patience);
    for (int n = 0; n < 3; ++n)
        CHECK(outcomes[n]->has_value());
    CHECK(lines_of(audit.path).size() == 3);
}

TEST_CASE("a full queue makes callers wait their turn under the policy to wait", "[storage][audit_failure]")
{
    asio::io_context context{1}; // outlives the writer, which may still be inside its post
    audit_fixture audit;
    audit.options.when_full = audit_when_full::wait;
    audit.options.queue_limit = 2;
    audit.open();
    std::optional<result<void>> outcomes[20];
    held_sync held;

    asio::co_spawn(context, append_into(*audit.log, numbered_entry(1), outcomes[0]), asio::detached);
    context.poll();
    held.wait_until_held();
    for (int n = 2; n <= 20; ++n)
        asio::co_spawn(context, append_into(*audit.log, numbered_entry(n), outcomes[n - 1]), asio::detached);
    context.poll();
    CHECK_FALSE(outcomes[19].has_value());

    held.let_go();
    context.run_for(patience);

    const audit_page page = audit.search({});
    REQUIRE(page.entries.size() == 20);
    for (int n = 1; n <= 20; ++n) {
        CHECK(outcomes[n - 1]->has_value());
        CHECK(page.entries[20 - n].id == numbered_id(n));
    }
}

TEST_CASE("closing writes what waits", "[storage][audit_failure]")
{
    asio::io_context context{1}; // outlives the writer, which may still be inside its post
    audit_fixture audit;
    audit.open();
    std::optional<result<void>> outcomes[10];
    held_sync held;

    for (int n = 1; n <= 10; ++n)
        asio::co_spawn(context, append_into(*audit.log, numbered_entry(n), outcomes[n - 1]), asio::detached);
    context.poll();
    held.wait_until_held();
    std::thread closer{[&audit] { audit.log->close(); }};
    held.let_go();
    closer.join();
    context.run_for(patience);

    for (const auto& outcome : outcomes)
        CHECK(outcome->has_value());
    CHECK(audit.verify().entries == 10);
}
