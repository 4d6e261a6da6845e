// The audit log over a store that keeps the lines that are not synced yet: what an append waits for, and when
// the log is synced.
#include "tests/storage/audit_kept_fixture.hpp"
#include "tests/storage/disk_faults.hpp"
#include "tests/support/patience.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

TEST_CASE("an entry whose act follows is kept when it is answered, and not synced", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    CHECK(audit.keeper.kept() == read_all(audit.path));
    CHECK(audit.keeper.asked == 0); // it is durable no later than its act
    CHECK(audit.synced_seq() == 0);
}

TEST_CASE("an entry without an act is durable when it is answered", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.open();

    SECTION("in the store")
    {
        REQUIRE(audit.append(entry_without_act(1)));
        CHECK(audit.keeper.kept() == read_all(audit.path));
        CHECK(audit.keeper.asked == 1);
        CHECK(audit.synced_seq() == 0);
    }
    SECTION("a verification, which changes nothing")
    {
        audit_entry entry = numbered_entry(1);
        entry.action = "verify";
        REQUIRE(audit.append(entry));
        CHECK(audit.keeper.asked == 1);
    }
    SECTION("in the log, when the store cannot be written")
    {
        audit.keeper.verdict = storage_errc::unavailable;
        REQUIRE(audit.append(entry_without_act(1)));
        CHECK(audit.synced_seq() == 1);
        CHECK(audit.keeper.releases() == 2); // at the start, and now
    }
    SECTION("or not at all, when neither can")
    {
        audit.keeper.verdict = storage_errc::unavailable;
        const failing_syncs faults;
        CHECK(audit.append(entry_without_act(1)).error() == storage_errc::unavailable);
        CHECK_FALSE(audit.log->health().can_write);
    }
}

TEST_CASE("lines that are kept are synced before long, and are then released", "[storage][audit_kept]")
{
    kept_fixture audit;
    SECTION("after a while")
    {
        audit.options.kept_interval = 1ms;
    }
    SECTION("when there are many")
    {
        audit.options.kept_bytes = 1;
    }
    audit.open();
    audit.append_numbered(1, 1);
    CHECK(becomes_true([&] { return audit.keeper.releases() == 2; }));
    CHECK(audit.synced_seq() == 1);
}

TEST_CASE("a log that is closed is synced, and needs nothing that was kept", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    audit.close();
    CHECK(audit.synced_seq() == 3);
    CHECK(audit.keeper.releases() == 2);
}

TEST_CASE("a log that rotates is synced before it is left", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.options.rotate_bytes = 1;
    audit.open();
    audit.append_numbered(1, 2);
    CHECK(audit.keeper.releases() == 2);
    CHECK(audit.synced_seq() == 1);
    CHECK(lines_of(audit.path).size() == 1);
}

TEST_CASE("a log that is synced by another policy keeps nothing", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.options.sync = GENERATE(audit_sync::interval, audit_sync::never);
    audit.open();
    audit.append_numbered(1, 1);
    REQUIRE(audit.append(entry_without_act(2)));
    CHECK(audit.keeper.kept().empty());
    CHECK(audit.keeper.asked == 0);
}

TEST_CASE("after a sync that failed, what was kept is written anew", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.open();
    audit.append_numbered(1, 2);
    REQUIRE(audit.append(entry_without_act(3)));
    const std::string whole = read_all(audit.path);
    const int releases = audit.keeper.releases();
    {
        const failing_syncs faults;
        audit.keeper.verdict = storage_errc::unavailable;
        CHECK_FALSE(audit.append(entry_without_act(4))); // which asks for a sync
        // As the kernel may: the pages are gone, and count as written.
        write_all(audit.path, std::string(read_all(audit.path).size(), '\0'));
        CHECK(audit.keeper.releases() == releases);
    }
    audit.append_until_taken(5);
    CHECK(audit.keeper.releases() > releases);
    CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
    CHECK(lines_with(lines_of(audit.path), "doubtful") == 0);
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("a log that cannot be synced when it is opened is refused", "[storage][audit_kept]")
{
    kept_fixture audit;
    lose_power(audit, 0);
    const failing_syncs faults;
    check_mentions(audit.refusal(), "cannot be synced");
}
