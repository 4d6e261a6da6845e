// Lines of the audit log in the database file. What a crash leaves is the files as they are, opened
// elsewhere.
#include "tests/storage/disk_faults.hpp"
#include "tests/storage/sqlite_fixture.hpp"
#include "tests/support/patience.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::string numbered_line(int number, std::size_t size = 700)
{
    std::string text = "line " + std::to_string(number) + ' ';
    text.resize(size, 'x');
    return text;
}

void keep_numbered(const sqlite_fixture& store, int first, int last)
{
    for (int number = first; number <= last; ++number)
        store->keep_audit_lines(numbered_line(number) + '\n');
}

std::vector<std::string> lines_from(int first, int last)
{
    std::vector<std::string> lines;
    for (int number = first; number <= last; ++number)
        lines.push_back(numbered_line(number));
    std::sort(lines.begin(), lines.end());
    return lines;
}

std::vector<std::string> in_order(std::vector<std::string> lines)
{
    std::sort(lines.begin(), lines.end());
    return lines;
}

bool are_kept(const sqlite_fixture& store)
{
    return !run_task(store->audit_lines_kept());
}

// What a server would find that starts after a crash right now.
std::vector<std::string> after_crash(const sqlite_fixture& store)
{
    const temporary_directory elsewhere;
    auto opened = sqlite_store::open(store.copy_to(elsewhere), store.time, {});
    REQUIRE(opened);
    return in_order((*opened)->take_audit_lines());
}

} // namespace

TEST_CASE("lines are in the commit of the change that follows them", "[storage][kept_lines]")
{
    sqlite_fixture store;
    const uuid owner = store.add_user(1);
    keep_numbered(store, 1, 3);
    CHECK(after_crash(store).empty()); // nobody was woken for them
    store.add_token(1, owner);
    CHECK(after_crash(store) == lines_from(1, 3));
    keep_numbered(store, 4, 4);
    store.add_token(2, owner);
    CHECK(after_crash(store) == lines_from(1, 4));
}

TEST_CASE("lines without a change are durable when that is asked for", "[storage][kept_lines]")
{
    const sqlite_fixture store;
    keep_numbered(store, 1, 2);
    CHECK(are_kept(store));
    CHECK(after_crash(store) == lines_from(1, 2));
    CHECK(are_kept(store)); // and so they are
}

TEST_CASE("any number of lines can be kept, of any length", "[storage][kept_lines]")
{
    const sqlite_fixture store;
    SECTION("many at a time")
    {
        keep_numbered(store, 1, 500);
        REQUIRE(are_kept(store));
        CHECK(after_crash(store) == lines_from(1, 500));
    }
    SECTION("many, one by one")
    {
        for (int number = 1; number <= 100; ++number) {
            keep_numbered(store, number, number);
            REQUIRE(are_kept(store));
        }
        CHECK(after_crash(store) == lines_from(1, 100));
    }
    SECTION("long ones between short ones")
    {
        std::vector<std::string> lines;
        for (const std::size_t size : {100u, 100'000u, 16'383u, 16'384u, 1u, 20'000u, 20'000u, 10u}) {
            lines.push_back(numbered_line(static_cast<int>(lines.size()), size));
            store->keep_audit_lines(lines.back() + '\n');
            if (lines.size() % 2 == 0) REQUIRE(are_kept(store));
        }
        REQUIRE(are_kept(store));
        CHECK(after_crash(store) == in_order(lines));
    }
}

TEST_CASE("lines that are released make way for those that come", "[storage][kept_lines]")
{
    const sqlite_fixture store;
    keep_numbered(store, 1, 100);
    REQUIRE(are_kept(store));
    store->release_audit_lines();
    keep_numbered(store, 101, 150);
    REQUIRE(are_kept(store));
    const std::vector<std::string> found = after_crash(store);
    const std::vector<std::string> needed = lines_from(101, 150);
    CHECK(std::includes(found.begin(), found.end(), needed.begin(), needed.end()));
    CHECK(found.size() <= 100); // overwritten, not added to
}

TEST_CASE("lines that are released before anything is committed are never written", "[storage][kept_lines]")
{
    const sqlite_fixture store;
    keep_numbered(store, 1, 3);
    store->release_audit_lines();
    keep_numbered(store, 4, 4);
    REQUIRE(are_kept(store));
    CHECK(after_crash(store) == lines_from(4, 4));
}

TEST_CASE("a store that is closed forgets what was released, and only that", "[storage][kept_lines]")
{
    sqlite_fixture store;
    keep_numbered(store, 1, 3);
    REQUIRE(are_kept(store));
    SECTION("released")
    {
        store->release_audit_lines();
        store.close();
        CHECK(store.ask("SELECT count(*) FROM kept_audit_lines") == 0);
    }
    SECTION("not released, since no log was opened or it could not be synced")
    {
        store.reopen();
        store.reopen(); // without a log in between
        CHECK(in_order(store->take_audit_lines()) == lines_from(1, 3));
        CHECK(store->take_audit_lines().empty());
    }
    SECTION("not even written yet")
    {
        keep_numbered(store, 4, 5);
        store.reopen();
        CHECK(in_order(store->take_audit_lines()) == lines_from(1, 5));
    }
}

TEST_CASE("lines found at the start stay until they are released, and go with the next commit",
          "[storage][kept_lines]")
{
    sqlite_fixture store;
    keep_numbered(store, 1, 100);
    REQUIRE(are_kept(store));
    store.reopen();
    const uuid owner = store.add_user(1);
    CHECK(after_crash(store) == lines_from(1, 100));
    store->release_audit_lines();
    store.add_token(1, owner);
    CHECK(after_crash(store).empty());
    keep_numbered(store, 101, 101);
    store.add_token(2, owner);
    CHECK(after_crash(store) == lines_from(101, 101));
}

TEST_CASE("lines that cannot be committed are not kept, and are with the first commit that can",
          "[storage][kept_lines]")
{
    sqlite_fixture store{{.retention = retention, .probe_interval = 1ms}};
    const uuid owner = store.add_user(1);
    keep_numbered(store, 1, 30); // more than a row
    REQUIRE(are_kept(store));
    {
        const failing_syncs faults;
        keep_numbered(store, 31, 80);
        CHECK(run_task(store->audit_lines_kept()) == storage_errc::unavailable);
        CHECK_FALSE(run_task(store->insert_key(sample_token(1, owner, store.now()))));
    }
    REQUIRE(becomes_true([&] { return store->health().can_write; }));
    CHECK(after_crash(store) == lines_from(1, 80)); // with what was owed
    keep_numbered(store, 81, 81);
    store.add_token(2, owner);
    CHECK(after_crash(store) == lines_from(1, 81));
}

TEST_CASE("lines that could not be committed and are released are not needed", "[storage][kept_lines]")
{
    sqlite_fixture store{{.retention = retention, .probe_interval = 1ms}};
    const uuid owner = store.add_user(1);
    {
        const failing_syncs faults;
        keep_numbered(store, 1, 3);
        CHECK_FALSE(are_kept(store));
        store->release_audit_lines();
    }
    REQUIRE(becomes_true([&] { return store->health().can_write; }));
    store.add_token(1, owner);
    CHECK(after_crash(store).empty());
}
