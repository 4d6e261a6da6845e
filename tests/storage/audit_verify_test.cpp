#include "storage/audit_parts.hpp"
#include "tests/storage/audit_fixture.hpp"

#include <algorithm>
#include <functional>

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

TEST_CASE("a log that is not there is unreadable", "[storage][audit_verify]")
{
    temporary_directory directory;
    const audit_verdict verdict = verify_audit_log(directory.file("none.log"), weak_digest);
    REQUIRE(verdict.fault.has_value());
    CHECK(to_string(verdict.fault->what) == "unreadable");
}
