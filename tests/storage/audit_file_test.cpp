#include "tests/storage/audit_fixture.hpp"

#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/stat.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

// The actions of all entries, oldest first.
std::vector<std::string> actions_in(audit_fixture& audit)
{
    std::vector<std::string> actions;
    for (const auto& entry : audit.search({.limit = 1000}).entries)
        actions.insert(actions.begin(), entry.action);
    return actions;
}

} // namespace

TEST_CASE("the chain goes on over a restart", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 5);
    audit.open();
    audit.append_numbered(6, 9);
    CHECK(audit.log->health().entries == 9);
    audit.close();

    const audit_verdict verdict = audit.verify();

    CHECK_FALSE(verdict.fault.has_value());
    CHECK(verdict.last_seq == 9);
}

TEST_CASE("every sync policy writes what it acknowledged", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.options.sync = GENERATE(audit_sync::always, audit_sync::interval, audit_sync::never);
    audit.open();
    audit.append_numbered(1, 5);

    CHECK(lines_of(audit.path).size() == 5);
    audit.close();
    CHECK(audit.verify().entries == 5);
}

TEST_CASE("a log is created for its owner's eyes only", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();

    struct stat status {};
    REQUIRE(::stat(audit.path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a log cannot be opened twice", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    CHECK(audit.refusal() == "audit log " + audit.path +
                                 ": another process is writing it; stop that process, or set another "
                                 "--audit-log for this one");
    audit.close();
    audit.open();
}

TEST_CASE("what cannot be a log stops the start with a reason and a remedy", "[storage][audit_file]")
{
    audit_fixture audit;

    SECTION("a directory that is not there")
    {
        audit.options.path = audit.directory.file("none/audit.log");
        check_mentions(audit.refusal(), "No such file or directory; make its directory");
    }
    SECTION("a directory")
    {
        audit.options.path = audit.directory.file("folder");
        std::filesystem::create_directory(audit.options.path);
        check_mentions(audit.refusal(), "Is a directory; ");
    }
    SECTION("a FIFO")
    {
        REQUIRE(::mkfifo(audit.path.c_str(), 0600) == 0);
        check_mentions(audit.refusal(), "is not a regular file; set --audit-log to one");
    }
    SECTION("another kind of file, left as it is")
    {
        write_all(audit.path, "a diary without newline");
        check_mentions(audit.refusal(), "is not an audit log; set --audit-log to another file");
        CHECK(read_all(audit.path) == "a diary without newline");
    }
    SECTION("a whole last line that is damaged, left as it is")
    {
        audit.open();
        audit.append_numbered(1, 3);
        audit.close();
        std::string text = read_all(audit.path);
        text.replace(text.rfind("\"status\""), 8, "\"STATUS\"");
        write_all(audit.path, text);
        check_mentions(audit.refusal(), "is not an audit entry; run `latchkey audit verify " + audit.path);
        CHECK(read_all(audit.path) == text);
    }
}

TEST_CASE("a torn last line is repaired wherever it was cut", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 1);
    const std::string head = read_all(head_name(audit.path)); // a crash inside the next line leaves this one
    audit.append_numbered(2, 2);
    audit.close();
    const std::string good = read_all(audit.path);
    const std::size_t last = good.find('\n') + 1;

    for (std::size_t size = last + 1; size < good.size(); size += 7) {
        CAPTURE(size);
        write_all(audit.path, good.substr(0, size));
        write_all(head_name(audit.path), head);

        audit.open();
        audit.append_numbered(2, 2);
        const audit_page page = audit.search({});
        audit.close();

        REQUIRE(page.entries.size() == 3);
        const audit_entry& note = page.entries[1];
        REQUIRE(note.action == "repair");
        REQUIRE(note.resource_type == "audit_log");
        REQUIRE(note.additional_fields.at("cut_bytes").as_int64() == static_cast<std::int64_t>(size - last));
        REQUIRE(good.substr(last, size - last)
                    .starts_with(std::string_view{note.additional_fields.at("cut_text").as_string()}));
        REQUIRE_FALSE(audit.verify().fault.has_value());
        REQUIRE(audit.verify().last_seq == 3);
    }
}

TEST_CASE("zeros that a power loss left at the end are cut off", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 2);
    audit.close();
    write_all(audit.path, read_all(audit.path) + std::string(300'000, '\0'));

    audit.open();
    CHECK(audit.search({}).entries.front().additional_fields.at("cut_bytes").as_int64() == 300'000);
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("a log whose only line is torn begins anew", "[storage][audit_file]")
{
    audit_fixture audit;
    write_all(audit.path, R"({"seq":1,"ti)");
    audit.open();
    CHECK(actions_in(audit) == std::vector<std::string>{"repair"});
    audit.close();
    CHECK(audit.verify().first_seq == 1);
}

TEST_CASE("a file that has grown is rotated, and nothing is lost", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.options.rotate_bytes = 1500;
    audit.open();
    audit.append_numbered(1, 10);
    audit.open();
    audit.append_numbered(11, 20);
    audit.close();

    const std::vector<std::string> names = audit.directory.names();
    CHECK(names[1] == "audit.log.00000000000000000001");
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().entries == 20);
}

TEST_CASE("a rotation that was cut short is taken up at the next start", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 4);
    audit.close();
    std::filesystem::rename(audit.path, audit.path + ".00000000000000000001");
    write_all(audit.path + ".next", "");

    audit.open();
    audit.append_numbered(5, 6);
    CHECK(audit.search({}).entries.size() == 6);
    audit.close();

    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().entries == 6);
}

TEST_CASE("a rotated name that is taken is not overwritten", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.options.rotate_bytes = 500;
    audit.open();
    const std::string taken = audit.path + ".00000000000000000001";
    write_all(taken, "precious");
    audit.append_numbered(1, 6);

    CHECK(read_all(taken) == "precious");
    check_mentions(audit.log->health().problem, "cannot be rotated");
    CHECK(audit.log->health().can_write);
    CHECK(lines_of(audit.path).size() == 6);
}

TEST_CASE("after somebody renamed the file, reopening goes on in a fresh one", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    std::filesystem::rename(audit.path, audit.path + ".1");
    const bool is_created_by_logrotate = GENERATE(false, true);
    if (is_created_by_logrotate) write_all(audit.path, "");

    audit.log->reopen();
    audit.append_numbered(4, 5);

    CHECK(lines_of(audit.path + ".1").size() == 3);
    CHECK(lines_of(audit.path).size() == 3);
    CHECK(audit.search({}).entries.size() == 6);
    CHECK(actions_in(audit)[3] == "reopen");
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().entries == 6);
}

TEST_CASE("after the file was deleted, the log goes on in a fresh one and says so", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    std::filesystem::remove(audit.path);

    audit.append_numbered(4, 5);

    CHECK(actions_in(audit) == std::vector<std::string>{"reopen", "create", "create"});
    audit.open();
    audit.append_numbered(6, 6);
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
    CHECK(audit.verify().first_seq == 4);
    CHECK(audit.verify().last_seq == 7);
}

TEST_CASE("a deleted file that cannot be created anew refuses entries until it can", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    std::filesystem::remove(audit.path);
    std::filesystem::create_directory(audit.path);

    CHECK(audit.append(numbered_entry(4)).error() == storage_errc::unavailable);
    check_mentions(audit.log->health().problem, "was deleted and cannot be created anew");

    std::filesystem::remove(audit.path);
    audit.append_until_taken(5);
    CHECK(actions_in(audit) == std::vector<std::string>{"recover", "create"});
    CHECK(audit.search({}).entries.front().id == numbered_id(5));
}

TEST_CASE("reopening a file that nobody renamed changes nothing", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 1);
    audit.log->reopen();
    audit.append_numbered(2, 2);
    CHECK(lines_of(audit.path).size() == 2);
}

TEST_CASE("reopening does not write into a file that holds something", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 1);
    std::filesystem::rename(audit.path, audit.path + ".1");
    write_all(audit.path, "precious\n");

    audit.log->reopen();
    audit.append_numbered(2, 2);

    CHECK(read_all(audit.path) == "precious\n");
    CHECK(lines_of(audit.path + ".1").size() == 2);
    check_mentions(audit.log->health().problem, "goes on in the old file");
}

TEST_CASE("a closed log takes no more entries", "[storage][audit_file]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 1);
    audit.log->close();
    CHECK(audit.append(numbered_entry(2)).error() == storage_errc::unavailable);
}
