// What a start makes of the end of a log whose last lines the store has.
#include "tests/storage/audit_kept_fixture.hpp"
#include "tests/storage/disk_faults.hpp"

#include <cstdio>

using namespace latchkey;
using namespace latchkey::test;

TEST_CASE("lines that the power took from the log come back from the store", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::size_t lost = GENERATE(1u, 2u, 5u);
    const std::vector<std::string> lines = lose_power(audit, lost);
    audit.keeper.found = lines;
    std::reverse(audit.keeper.found.begin(), audit.keeper.found.end());
    audit.keeper.found.push_back(lines.back()); // twice

    SECTION("after the last whole line") {}
    SECTION("after one that is torn")
    {
        write_all(audit.path, read_all(audit.path) + lines[lines.size() - lost].substr(0, 40));
    }
    audit.options.sync = GENERATE(audit_sync::always, audit_sync::never); // whatever the policy is now
    const int releases = audit.keeper.releases();
    audit.open();

    const std::vector<std::string> now = lines_of(audit.path);
    REQUIRE(now.size() > 5);
    CHECK(std::vector<std::string>(now.begin(), now.begin() + 5) == lines);
    check_mentions(now.back(), R"("restored_from_seq":)" + std::to_string(6 - lost));
    check_mentions(now.back(), R"("restored_to_seq":5)");
    CHECK(audit.log->warning().empty());
    CHECK(audit.keeper.releases() == releases + 1); // it is synced
    CHECK(audit.synced_seq() == now.size());
    CHECK(audit.search({}).count == now.size());
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("bytes that the disk lost between other lines come back from the store", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::vector<std::string> lines = lose_power(audit, 0);
    const std::string whole = read_all(audit.path);
    std::string holed = whole;
    const std::size_t first = GENERATE(0u, 1u, 3u);
    const std::size_t begin = holed.find(lines[first]) + (first == 3 ? 10 : 0);

    enum class hole { up_to_a_whole_line, up_to_the_end, with_a_newline };
    const hole ends = GENERATE(hole::up_to_a_whole_line, hole::up_to_the_end, hole::with_a_newline);
    const std::size_t end = ends == hole::up_to_a_whole_line ? holed.find(lines[4]) : holed.size();
    holed.replace(begin, end - begin, end - begin, '\0');
    if (ends == hole::with_a_newline) holed.back() = '\n';
    write_all(audit.path, holed);
    const bool was_synced_before = GENERATE(false, true);
    audit.keeper.found.assign(lines.begin() + static_cast<std::ptrdiff_t>(was_synced_before ? first : 0),
                              lines.end());
    audit.open();
    CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
    check_mentions(lines_of(audit.path).back(), R"("restored_from_seq":)" + std::to_string(first + 1));
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("lines behind those that were kept stay where they follow", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::vector<std::string> lines = lose_power(audit, 0);
    const std::string whole = read_all(audit.path);
    audit.keeper.found.assign(lines.begin(), lines.begin() + 3);

    SECTION("after a crash, which loses nothing")
    {
        audit.open();
        CHECK(read_all(audit.path) == whole);
    }
    SECTION("behind others that were lost")
    {
        std::string holed = whole;
        holed.replace(holed.find(lines[1]), 20, 20, '\0');
        write_all(audit.path, holed);
        audit.open();
        CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
        check_mentions(lines_of(audit.path).back(), R"("restored_from_seq":2,"restored_to_seq":3)");
    }
    SECTION("but for what is torn")
    {
        write_all(audit.path, whole + lines[0].substr(0, 30));
        audit.open();
        CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
        check_mentions(lines_of(audit.path).back(), R"("cut_bytes":30)");
    }
    CHECK(audit.log->warning().empty());
}

TEST_CASE("kept lines are found in a long log, and behind a rotation", "[storage][audit_kept]")
{
    kept_fixture audit;
    SECTION("that is longer than is looked at first")
    {
        audit.options.kept_bytes = 1ull << 40;
        audit.open();
        audit_entry big = numbered_entry(0);
        big.diff = R"({"a":")" + std::string(10'000, 'x') + "\"}";
        for (int n = 0; n < 300; ++n)
            REQUIRE(audit.append(big));
        const std::vector<std::string> lines = lines_of(audit.path);
        const std::string whole = read_all(audit.path);
        const std::string head = read_all(audit.head_path());
        audit.close();
        write_all(audit.head_path(), head);
        std::string holed = whole;
        holed.replace(holed.find(lines[9]), 100, 100, '\0');
        write_all(audit.path, holed);
        audit.keeper.found = lines;
        audit.open();
        CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
    }
    SECTION("in a file of which nothing was synced")
    {
        audit.options.rotate_bytes = 1500;
        audit.open();
        audit.append_numbered(1, 5);
        const std::vector<std::string> lines = lines_of(audit.path);
        const std::string whole = read_all(audit.path);
        const std::string head = read_all(audit.head_path());
        REQUIRE(lines.size() < 5);
        audit.close();
        write_all(audit.head_path(), head);
        write_all(audit.path, GENERATE(std::string{}, std::string(50, '\0')));
        audit.keeper.found = lines;
        audit.options.rotate_bytes = 0;
        audit.open();
        CHECK(read_all(audit.path).substr(0, whole.size()) == whole);
        audit.close();
        CHECK_FALSE(audit.verify().fault.has_value());
    }
}

TEST_CASE("lines that the log has are left alone", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.keeper.found = lose_power(audit, 0);
    const std::string before = read_all(audit.path);
    audit.open();
    CHECK(read_all(audit.path) == before);
    CHECK(audit.log->warning().empty());
}

TEST_CASE("kept lines that do not follow the log are an alarm, and put aside", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::vector<std::string> lines = lose_power(audit, 3);
    const std::string aside = audit.path + "_left";

    SECTION("others are missing between them and the log")
    {
        audit.keeper.found = {lines[3], lines[4]};
        audit.open();
        check_mentions(audit.log->warning(), "keeps 2 lines");
        check_mentions(audit.log->warning(), aside);
        CHECK(lines_of(audit.path).size() == 3);
        check_mentions(lines_of(audit.path).back(), R"("action":"alarm")");
        CHECK(lines_of(aside) == std::vector<std::string>{lines[3], lines[4]});
        audit.open();
        CHECK(audit.log->warning().empty()); // they are no part of the log
    }
    SECTION("they follow another line with the number of the last")
    {
        std::string forged = lines[2];
        forged.replace(forged.find(R"("prev":")") + 8, 4, "0000");
        audit.keeper.found = {forged};
        audit.open();
        CHECK(lines_with(lines_of(audit.path), "alarm") == 1);
        CHECK(lines_of(aside) == std::vector<std::string>{forged});
    }
    SECTION("some do and some do not")
    {
        audit.keeper.found = {lines[2], lines[4]};
        audit.open();
        CHECK(lines_of(audit.path)[2] == lines[2]);
        CHECK(lines_of(aside) == std::vector<std::string>{lines[4]});
    }
    SECTION("what is no line of a log")
    {
        audit.keeper.found = {lines[2], "nonsense"};
        audit.open();
        CHECK(lines_of(audit.path)[2] == lines[2]);
        CHECK(lines_of(aside) == std::vector<std::string>{"nonsense"});
    }
    SECTION("unless that is impossible, which ends the start")
    {
        audit.close();
        audit.keeper.found = {lines[4]};
        const file_size_limit full{1};
        check_mentions(audit.refusal(), "cannot be");
    }
}

TEST_CASE("no file but this log's is ever written over", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::vector<std::string> lines = lose_power(audit, 0);
    std::remove(audit.head_path().c_str());

    SECTION("one that is no log")
    {
        const std::string notes = GENERATE("my notes", "my notes\n", "{}\n");
        write_all(audit.path, notes);
        audit.keeper.found = lines;
        CHECK_FALSE(audit.refusal().empty());
        CHECK(read_all(audit.path) == notes);
    }
    SECTION("another log")
    {
        const std::string other = lines[3] + '\n' + lines[4] + '\n';
        write_all(audit.path, other);
        audit.keeper.found = {lines[0], lines[1]};
        audit.open();
        CHECK(read_all(audit.path).substr(0, other.size()) == other);
        CHECK(lines_of(audit.path + "_left").size() == 2);
    }
}

TEST_CASE("lines that stand in a file that was renamed are not missed", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.keeper.found = lose_power(audit, 0);
    REQUIRE(std::rename(audit.path.c_str(), (audit.path + ".1").c_str()) == 0);
    audit.open();
    CHECK(audit.log->warning().empty());
    audit.append_numbered(6, 6);
    CHECK(scan_audit_line(lines_of(audit.path).back())->link.seq == 6);
}

TEST_CASE("damaged lines behind those that were kept are cut off, and that is noted", "[storage][audit_kept]")
{
    kept_fixture audit;
    const std::vector<std::string> lines = lose_power(audit, 0);
    std::string holed = read_all(audit.path);
    const std::size_t begin = holed.find(lines[3]);
    holed.replace(begin, lines[3].size(), lines[3].size(), '\0');
    write_all(audit.path, holed);
    audit.keeper.found.assign(lines.begin(), lines.begin() + 3);
    audit.open();
    CHECK(lines_of(audit.path).size() == 4);
    check_mentions(lines_of(audit.path).back(), R"("cut_bytes":)" + std::to_string(holed.size() - begin));
    audit.close();
    CHECK_FALSE(audit.verify().fault.has_value());
}

TEST_CASE("a log whose synced lines were cut is an alarm, though the store has them", "[storage][audit_kept]")
{
    kept_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    audit.close();
    const std::vector<std::string> lines = lines_of(audit.path);
    write_all(audit.path, lines[0] + '\n');
    audit.keeper.found = lines;
    audit.open();
    check_mentions(audit.log->warning(), "it was cut");
    CHECK(lines_with(lines_of(audit.path), "alarm") == 1);
}
