// The head record as the server keeps it, and what a start on a log that was cut or changed tells.
#include "tests/storage/audit_fixture.hpp"
#include "tests/storage/disk_faults.hpp"
#include "tests/support/patience.hpp"

#include <sys/stat.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

audit_head head_of(const audit_fixture& audit)
{
    const auto head = read_audit_head(audit.path);
    REQUIRE(head.has_value());
    REQUIRE(head->has_value());
    return **head;
}

audit_head last_line_of(const audit_fixture& audit)
{
    const auto lines = lines_of(audit.path);
    return {scan_audit_line(lines.back())->link.seq, weak_digest(lines.back())};
}

unsigned mode_of(const std::string& path)
{
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
}

void keep_lines(const audit_fixture& audit, std::size_t count)
{
    std::string text;
    for (const auto& line : lines_of(audit.path))
        if (count-- > 0)
            text += line + '\n';
        else
            break;
    write_all(audit.path, text);
}

} // namespace

TEST_CASE("the head record names the last line that was synced", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    CHECK(head_of(audit) == audit_head{});
    for (int n = 1; n <= 3; ++n) {
        audit.append_numbered(n, n);
        CHECK(head_of(audit) == last_line_of(audit));
    }
    audit.open();
    CHECK(head_of(audit).seq == 3);
    CHECK(audit.log->warning().empty());
    audit.append_numbered(4, 4);
    CHECK(head_of(audit) == last_line_of(audit));
}

TEST_CASE("the head record is never ahead of what is on the disk", "[storage][audit_head]")
{
    audit_fixture audit;

    SECTION("an entry whose sync failed")
    {
        audit.open();
        audit.append_numbered(1, 3);
        const audit_head before = head_of(audit);
        const failing_syncs faults;
        CHECK_FALSE(audit.append(numbered_entry(4)).has_value());
        CHECK(head_of(audit) == before);
    }
    SECTION("entries that are acknowledged before they are synced")
    {
        audit.options.sync = GENERATE(audit_sync::interval, audit_sync::never);
        audit.options.sync_interval = std::chrono::hours{1};
        audit.open();
        audit.append_numbered(1, 3);
        CHECK(head_of(audit).seq == 0);
        audit.close();
        CHECK(head_of(audit) == last_line_of(audit));
    }
    SECTION("entries that are synced once in a while")
    {
        audit.options.sync = audit_sync::interval;
        audit.options.sync_interval = std::chrono::milliseconds{1};
        audit.open();
        audit.append_numbered(1, 3);
        REQUIRE(becomes_true([&] { return head_of(audit).seq == 3; }));
    }
}

TEST_CASE("the head record can be read by whoever can read the log", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    CHECK(mode_of(head_name(audit.path)) == 0600);
    audit.close();

    std::filesystem::permissions(audit.path, std::filesystem::perms{0640});
    std::filesystem::remove(head_name(audit.path));
    audit.open();
    CHECK(mode_of(head_name(audit.path)) == 0640);
}

TEST_CASE("a start on a log that was cut or changed tells of it and goes on", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 5);
    audit.close();

    std::string reason;
    int expected = 5;
    int found = 5;
    SECTION("lines cut off the end")
    {
        keep_lines(audit, 3);
        found = 3;
        reason = "it was cut: entry 5 was written, but it ends with entry 3";
    }
    SECTION("all of it removed")
    {
        std::filesystem::remove(audit.path);
        found = 0;
        reason = "it was cut: entry 5 was written, but it ends with entry 0";
    }
    SECTION("the last line changed")
    {
        std::string text = read_all(audit.path);
        text.replace(text.rfind("201"), 3, "200");
        write_all(audit.path, text);
        reason = "its last entry, 5, is not the one that was written: it was changed";
    }
    SECTION("the head record changed")
    {
        write_all(head_name(audit.path), GENERATE("", "hello", "00000000000000000005"));
        expected = 0;
        reason = "its head record is not one: it was changed";
    }
    const std::size_t kept = lines_of(audit.path).size();

    audit.open();

    check_mentions(audit.log->warning(), reason);
    const audit_page page = audit.search({.action = std::string{audit_alarm}});
    REQUIRE(page.entries.size() == 1);
    const audit_entry& note = page.entries.front();
    CHECK(note.resource_type == "audit_log");
    CHECK(note.outcome == "failed");
    CHECK(note.additional_fields.at("reason").as_string() == reason);
    CHECK(note.additional_fields.at("found_seq").to_number<int>() == found);
    CHECK(note.additional_fields.contains("expected_seq") == (expected != 0));
    if (expected != 0) CHECK(note.additional_fields.at("expected_seq").to_number<int>() == expected);

    audit.append_numbered(6, 7);
    CHECK(head_of(audit) == last_line_of(audit));
    audit.open();
    CHECK(audit.log->warning().empty());
    CHECK(lines_of(audit.path).size() == kept + 3);
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().alarm_seq == static_cast<std::uint64_t>(found) + 1);
}

TEST_CASE("an alarm that cannot be written is not forgotten", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 5);
    audit.close();
    keep_lines(audit, 3);
    {
        const file_size_limit limit{std::filesystem::file_size(audit.path) + 10};
        check_mentions(audit.refusal(), "make room on the disk");
    }
    audit.open();
    check_mentions(audit.log->warning(), "it was cut");
    // The first try was cut away like every torn line.
    CHECK(audit.search({.action = std::string{audit_alarm}}).entries.size() == 1);
}

TEST_CASE("lines behind the head record are nothing to tell of", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    const std::string head = read_all(head_name(audit.path));
    audit.append_numbered(4, 5);
    audit.close();
    write_all(head_name(audit.path), head);

    audit.open();
    CHECK(audit.log->warning().empty());
    audit.append_numbered(6, 6);
    CHECK(head_of(audit).seq == 6);
    CHECK(lines_of(audit.path).size() == 6);
}

TEST_CASE("a log without a head record gets one, and the operator hears of it", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    CHECK(audit.log->warning().empty());
    audit.append_numbered(1, 3);
    audit.close();
    std::filesystem::remove(head_name(audit.path));

    audit.open();
    check_mentions(audit.log->warning(), "there was no head record " + head_name(audit.path));
    CHECK(head_of(audit) == last_line_of(audit));
    CHECK(lines_of(audit.path).size() == 3);
}

TEST_CASE("a log moved away with its head record leaves a whole one behind", "[storage][audit_head]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    std::filesystem::create_directory(audit.directory.file("archive"));
    const std::string moved = audit.directory.file("archive/audit.log");
    std::filesystem::rename(audit.path, moved);
    std::filesystem::rename(head_name(audit.path), head_name(moved));

    audit.log->reopen();
    audit.append_numbered(4, 5);

    CHECK(head_of(audit) == last_line_of(audit));
    audit.close();
    const audit_verdict old = verify_audit_log(moved, weak_digest);
    CHECK_FALSE(old.fault.has_value());
    CHECK(old.head_seq == 3u);
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("a head record that cannot be written stops no entry and shows in the health",
          "[storage][audit_head]")
{
    audit_fixture audit;
    std::filesystem::create_directory(head_name(audit.path));
    audit.open();
    audit.append_numbered(1, 2);
    CHECK(audit.log->health().can_write);
    CHECK(audit.log->health().problem ==
          "the head record of the audit log cannot be written: Is a directory");

    std::filesystem::remove(head_name(audit.path));
    audit.append_numbered(3, 3);
    CHECK(audit.log->health().problem.empty());
    CHECK(head_of(audit) == last_line_of(audit));
}
