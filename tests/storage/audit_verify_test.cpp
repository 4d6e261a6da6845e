#include "storage/audit_parts.hpp"
#include "storage/hex_text.hpp"
#include "tests/storage/audit_fixture.hpp"

#include <algorithm>
#include <functional>
#include <sys/stat.h>

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string joined(const std::vector<std::string>& lines)
{
    std::string text;
    for (const auto& line : lines)
        text += line + '\n';
    return text;
}

} // namespace

TEST_CASE("a log that was written and left alone verifies", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 20);
    audit.close();

    const audit_verdict verdict = audit.verify();

    CHECK_FALSE(verdict.fault.has_value());
    CHECK(verdict.entries == 20);
    CHECK(verdict.first_seq == 1);
    CHECK(verdict.last_seq == 20);
    CHECK(verdict.last_digest == weak_digest(lines_of(audit.path).back()));
    CHECK_FALSE(verdict.is_continuation());
}

TEST_CASE("whatever is done to a line of the log is found and named", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 10);
    audit.close();
    const std::vector<std::string> good = lines_of(audit.path);

    struct row {
        const char* deed;
        std::function<void(std::vector<std::string>&)> change;
        audit_damage found;
        std::uint64_t line;
    };
    const auto swap_in = [](std::string& line, const std::string& from, const std::string& to) {
        const std::size_t at = line.find(from);
        REQUIRE(at != line.npos);
        line.replace(at, from.size(), to);
    };
    const row rows[] = {
        {"a changed status", [&](auto& l) { swap_in(l[3], "201", "200"); }, audit_damage::changed, 4},
        {"a changed link",
         [&](auto& l) { swap_in(l[3], l[3].substr(l[3].size() - 4), "00\"}"); },
         audit_damage::changed,
         3},
        {"a line that is no entry any more", [&](auto& l) { l[3][0] = '['; }, audit_damage::malformed, 4},
        {"a removed line", [](auto& l) { l.erase(l.begin() + 3); }, audit_damage::removed, 4},
        {"three removed lines",
         [](auto& l) { l.erase(l.begin() + 3, l.begin() + 6); },
         audit_damage::removed,
         4},
        {"two swapped lines", [](auto& l) { std::swap(l[3], l[4]); }, audit_damage::reordered, 4},
        {"a line moved to the end",
         [](auto& l) { std::rotate(l.begin() + 3, l.begin() + 4, l.end()); },
         audit_damage::removed,
         4},
        {"a line put in twice", [](auto& l) { l.insert(l.begin() + 3, l[3]); }, audit_damage::reordered, 5},
        {"an empty line put in", [](auto& l) { l.insert(l.begin() + 3, ""); }, audit_damage::malformed, 4},
        {"a first line that follows something",
         [&](auto& l) { swap_in(l[0], "\"prev\":\"0", "\"prev\":\"1"); },
         audit_damage::changed,
         1},
        {"a changed last line", [&](auto& l) { swap_in(l[9], "201", "200"); }, audit_damage::changed, 10},
        {"the last line removed", [](auto& l) { l.pop_back(); }, audit_damage::removed, 0},
        {"three lines removed at the end", [](auto& l) { l.resize(7); }, audit_damage::removed, 0},
        {"every line removed", [](auto& l) { l.clear(); }, audit_damage::removed, 0},
    };
    for (const row& one : rows) {
        CAPTURE(one.deed);
        std::vector<std::string> lines = good;
        one.change(lines);
        write_all(audit.path, joined(lines));

        const audit_verdict verdict = audit.verify();

        REQUIRE(verdict.fault.has_value());
        CAPTURE(verdict.fault->reason);
        CHECK(to_string(verdict.fault->what) == to_string(one.found));
        CHECK(verdict.fault->line == one.line);
        CHECK(verdict.fault->file == audit.path);
    }
}

TEST_CASE("a log cut anywhere inside its last line is torn", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    audit.close();
    const std::string good = read_all(audit.path);
    const std::size_t last = good.rfind('\n', good.size() - 2) + 1;

    for (std::size_t size = last + 1; size < good.size(); ++size) {
        write_all(audit.path, good.substr(0, size));
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        REQUIRE(to_string(verdict.fault->what) == to_string(audit_damage::torn));
        REQUIRE(verdict.entries == 2);
    }
}

TEST_CASE("the chain is followed across rotated files", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.options.rotate_bytes = 1500;
    audit.open();
    audit.append_numbered(1, 20);
    audit.close();

    const audit_verdict whole = audit.verify();
    CHECK_FALSE(whole.fault.has_value());
    CHECK(whole.entries == 20);
    REQUIRE(whole.files.size() >= 4);

    SECTION("the oldest archived away is a continuation, not a fault")
    {
        std::filesystem::remove(whole.files[0]);
        const audit_verdict verdict = audit.verify();
        CHECK_FALSE(verdict.fault.has_value());
        CHECK(verdict.is_continuation());
        CHECK(verdict.last_seq == 20);
    }
    SECTION("one from the middle is missing")
    {
        std::filesystem::remove(whole.files[1]);
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "removed");
        CHECK(verdict.fault->file == whole.files[2]);
        CHECK(verdict.fault->line == 1);
    }
    SECTION("the last line of one was changed")
    {
        std::string text = read_all(whole.files[1]);
        text.replace(text.rfind("201"), 3, "200");
        write_all(whole.files[1], text);
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "changed");
        CHECK(verdict.fault->file == whole.files[1]);
        CHECK(verdict.fault->line == lines_of(whole.files[1]).size());
    }
    SECTION("the first line of one is no entry any more")
    {
        std::string text = read_all(whole.files[1]);
        text[0] = '[';
        write_all(whole.files[1], text);
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "malformed");
        CHECK(verdict.fault->file == whole.files[1]);
    }
    SECTION("a copy left beside the log is not taken for a part of it")
    {
        std::filesystem::copy(audit.path, audit.path + ".bak");
        std::filesystem::copy(whole.files[1], audit.path + "-old");
        CHECK_FALSE(audit.verify().fault.has_value());
        CHECK(audit.verify().files == whole.files);
    }
    SECTION("a part renamed by somebody else is found by where it fits")
    {
        std::filesystem::rename(whole.files[1], audit.path + ".7");
        const audit_verdict verdict = audit.verify();
        CHECK_FALSE(verdict.fault.has_value());
        CHECK(verdict.entries == 20);
    }
    SECTION("one file can be checked on its own")
    {
        const audit_verdict verdict = verify_audit_files({whole.files[2]}, weak_digest);
        CHECK_FALSE(verdict.fault.has_value());
        CHECK(verdict.is_continuation());
        CHECK(verdict.entries == lines_of(whole.files[2]).size());
    }
}

TEST_CASE("the end of a log is checked against its head record", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    const std::string head_of_three = read_all(head_name(audit.path));
    audit.append_numbered(4, 5);
    audit.close();
    const std::string good = read_all(audit.path);
    const std::string head = head_name(audit.path);
    CHECK(audit.verify().head_seq == 5u);

    SECTION("lines behind the one it names are what a crash leaves")
    {
        write_all(head, head_of_three);
        const audit_verdict verdict = audit.verify();
        CHECK_FALSE(verdict.fault.has_value());
        CHECK(verdict.head_seq == 3u);
        CHECK(verdict.last_seq == 5);
    }
    SECTION("a chain written anew from the line that it names on is found")
    {
        write_all(head, head_of_three);
        const std::vector<std::string> lines = lines_of(audit.path);
        audit_fixture other;
        write_all(other.path, lines[0] + '\n' + lines[1] + '\n');
        other.open();
        other.append_numbered(7, 9);
        other.close();
        write_all(audit.path, read_all(other.path));

        const audit_verdict verdict = audit.verify();

        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "changed");
        CHECK(verdict.fault->line == 3);
        check_mentions(verdict.fault->reason, "entry 3 is not the one that the head record names");
    }
    SECTION("lines cut off are numbered")
    {
        write_all(audit.path, good.substr(0, good.find('\n') + 1));
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        CHECK(verdict.fault->file == audit.path);
        CHECK(verdict.fault->reason ==
              "entry 5, which the head record names, is not there: the log was cut behind entry 1");
    }
    SECTION("without one nothing is wrong, but nothing is known either")
    {
        std::filesystem::remove(head);
        write_all(audit.path, good.substr(0, good.find('\n') + 1));
        const audit_verdict verdict = audit.verify();
        CHECK_FALSE(verdict.fault.has_value());
        CHECK_FALSE(verdict.head_seq.has_value());
    }
    SECTION("a record that is none was changed")
    {
        const std::string text = read_all(head);
        const auto with = [&](std::size_t at, char c) {
            std::string changed = text;
            changed[at] = c;
            return changed;
        };
        for (const std::string& bad : {std::string{},
                                       std::string{"5\n"},
                                       text.substr(1),
                                       text + '\n',
                                       with(0, '-'),
                                       with(19, ' '),
                                       with(20, '0'),
                                       with(21, 'x'),
                                       with(40, 'G'),
                                       with(85, ' '),
                                       std::string(86, '\0')}) {
            CAPTURE(bad);
            write_all(head, bad);
            const audit_verdict verdict = audit.verify();
            REQUIRE(verdict.fault.has_value());
            CHECK(to_string(verdict.fault->what) == "malformed");
            CHECK(verdict.fault->file == head);
            CHECK(verdict.entries == 5);
        }
    }
    SECTION("a directory in its place is none")
    {
        std::filesystem::remove(head);
        std::filesystem::create_directory(head);
        CHECK(to_string(audit.verify().fault->what) == "malformed");
    }
}

TEST_CASE("the one head record of a log follows it over rotations", "[storage][audit_verify]")
{
    audit_fixture audit;
    audit.options.rotate_bytes = 1500;
    audit.open();
    audit.append_numbered(1, 20);
    audit.close();
    const audit_verdict whole = audit.verify();
    CHECK(whole.head_seq == 20u);

    SECTION("the newest file emptied")
    {
        write_all(audit.path, "");
        const audit_verdict verdict = audit.verify();
        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "removed");
    }
    SECTION("the newest file alone, behind parts that were archived")
    {
        for (const auto& file : whole.files)
            if (file != audit.path) std::filesystem::remove(file);
        CHECK_FALSE(audit.verify().fault.has_value());
    }
    SECTION("a crash between rotation and the first line of the new file")
    {
        const auto newest = std::prev(whole.files.end(), 2);
        const std::string last = lines_of(*newest).back();
        const auto seq = scan_audit_line(last)->link.seq;
        const std::string digits = std::to_string(seq);
        write_all(head_name(audit.path),
                  std::string(20 - digits.size(), '0') + digits + ' ' + to_hex(weak_digest(last)) + '\n');
        CHECK_FALSE(audit.verify().fault.has_value());
        CHECK(audit.verify().head_seq == seq);

        // The line it names need not be here, as its digest is.
        for (const auto& file : whole.files)
            if (file != audit.path) std::filesystem::remove(file);
        CHECK_FALSE(audit.verify().fault.has_value());
    }
    SECTION("the files in order are checked against the record of the last one")
    {
        write_all(audit.path, "");
        CHECK(verify_audit_files(whole.files, weak_digest).fault.has_value());
    }
}

TEST_CASE("what is not there, or no file, is unreadable and not altered", "[storage][audit_verify]")
{
    temporary_directory directory;
    const std::string folder = directory.file("folder");
    std::filesystem::create_directory(folder);
    const std::string fifo = directory.file("fifo");
    REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
    for (const std::string& path : {directory.file("none.log"), folder, fifo}) {
        CAPTURE(path);
        const audit_verdict verdict = verify_audit_log(path, weak_digest);
        REQUIRE(verdict.fault.has_value());
        CHECK(to_string(verdict.fault->what) == "unreadable");
        CHECK(verdict.fault->file == path);
    }
}
