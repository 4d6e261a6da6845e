#include "storage/audit_search.hpp"
#include "tests/storage/audit_fixture.hpp"

#include <algorithm>

using namespace latchkey;
using namespace latchkey::test;

namespace {

constexpr int entries = 60;

// 60 entries over several rotated files, the first half from before a restart.
void fill(audit_fixture& audit)
{
    audit.options.rotate_bytes = 5000;
    audit.open();
    audit.append_numbered(1, entries / 2);
    audit.open();
    audit.append_numbered(entries / 2 + 1, entries);
}

std::vector<int> numbers_of(const audit_page& page)
{
    std::vector<int> numbers;
    for (const auto& entry : page.entries)
        numbers.push_back(static_cast<int>(
            std::chrono::duration_cast<std::chrono::seconds>(entry.time.time_since_epoch()).count() -
            1'750'000'000));
    return numbers;
}

// The numbers for which `matches` holds, newest first.
template <class Matches>
std::vector<int> numbers_where(Matches matches)
{
    std::vector<int> numbers;
    for (int n = entries; n > 0; --n)
        if (matches(n)) numbers.push_back(n);
    return numbers;
}

time_point second(int n)
{
    return time_point{std::chrono::seconds{1'750'000'000 + n}};
}

} // namespace

TEST_CASE("each filter finds its entries, newest first", "[storage][audit_search]")
{
    audit_fixture audit;
    fill(audit);

    struct row {
        const char* reason;
        audit_query query;
        bool (*matches)(int);
    };
    const row rows[] = {
        {"no filter", {}, [](int) { return true; }},
        {"username without case", {.username = "aLICE"}, [](int n) { return n % 2 == 0; }},
        {"email without case", {.email = "BOB@example.com"}, [](int n) { return n % 2 == 1; }},
        {"a username nobody has", {.username = "carol"}, [](int) { return false; }},
        {"no username", {.username = ""}, [](int) { return false; }},
        {"action", {.action = "delete"}, [](int n) { return n % 3 == 0; }},
        {"action is compared with case", {.action = "Delete"}, [](int) { return false; }},
        {"resource type", {.resource_type = "user"}, [](int n) { return n % 5 == 0; }},
        {"resource id", {.resource_id = numbered_id(1'000'001)}, [](int n) { return n % 2 == 1; }},
        {"an id of nothing", {.resource_id = numbered_id(5)}, [](int) { return false; }},
        {"target", {.resource_target = "token-11"}, [](int n) { return n == 11; }},
        {"empty target", {.resource_target = ""}, [](int n) { return n % 7 == 0; }},
        {"a target is compared whole", {.resource_target = "token-1"}, [](int n) { return n == 1; }},
        {"a target without case: q is lower-cased",
         {.resource_target = "Token-11"},
         [](int n) { return n == 11; }},
        {"a target that was written in capitals",
         {.resource_target = "token-13"},
         [](int n) { return n == 13; }},
        {"request id", {.request_id = numbered_id(2'000'042)}, [](int n) { return n == 42; }},
        {"from, inclusive", {.from = second(58)}, [](int n) { return n >= 58; }},
        {"to, inclusive", {.to = second(3)}, [](int n) { return n <= 3; }},
        {"from and to", {.from = second(20), .to = second(40)}, [](int n) { return n >= 20 && n <= 40; }},
        {"all together",
         {.resource_id = numbered_id(1'000'000),
          .resource_type = "user",
          .action = "delete",
          .username = "alice"},
         [](int n) { return n % 30 == 0; }},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason);
        const audit_page page = audit.search(one.query);
        const std::vector<int> expected = numbers_where(one.matches);
        CHECK(numbers_of(page) == expected);
        CHECK(page.count == expected.size());
    }
}

TEST_CASE("pages follow each other by offset and by id", "[storage][audit_search]")
{
    audit_fixture audit;
    fill(audit);

    struct row {
        const char* reason;
        audit_query query;
        std::vector<int> expected;
        std::size_t count;
    };
    const row rows[] = {
        {"limit", {.limit = 3}, {60, 59, 58}, 60},
        {"limit and offset", {.limit = 3, .offset = 3}, {57, 56, 55}, 60},
        {"offset into older files", {.limit = 2, .offset = 50}, {10, 9}, 60},
        {"the last page is short", {.limit = 3, .offset = 58}, {2, 1}, 60},
        {"offset behind the end", {.limit = 3, .offset = 60}, {}, 60},
        {"limit 0", {.limit = 0}, {}, 60},
        {"after an id", {.limit = 2, .after_id = numbered_id(40)}, {39, 38}, 60},
        {"after the oldest", {.limit = 2, .after_id = numbered_id(1)}, {}, 60},
        {"after an id that is not there", {.limit = 2, .after_id = numbered_id(99)}, {}, 60},
        {"after an id, with offset", {.limit = 2, .offset = 1, .after_id = numbered_id(40)}, {38, 37}, 60},
        {"after an id that the filter leaves out",
         {.username = "bob", .limit = 2, .after_id = numbered_id(40)},
         {39, 37},
         30},
    };
    for (const row& one : rows) {
        CAPTURE(one.reason);
        const audit_page page = audit.search(one.query);
        CHECK(numbers_of(page) == one.expected);
        CHECK(page.count == one.count);
    }
}

TEST_CASE("an entry that was found is whole", "[storage][audit_search]")
{
    audit_fixture audit;
    fill(audit);

    const audit_page page = audit.search({.request_id = numbered_id(2'000'010)});

    REQUIRE(page.entries.size() == 1);
    const audit_entry expected = numbered_entry(10);
    CHECK(page.entries[0].id == expected.id);
    CHECK(page.entries[0].actor_username == "Alice");
    CHECK(page.entries[0].diff == expected.diff);
}

TEST_CASE("matches are counted up to the cap, and pages go beyond it", "[storage][audit_search]")
{
    audit_fixture audit;
    audit.options.sync = audit_sync::never;
    audit.open();
    audit.append_numbered(1, audit_count_cap + 5);

    CHECK(audit.search({}).count == audit_count_cap);
    const audit_page page = audit.search({.limit = 3, .offset = audit_count_cap + 3});
    CHECK(numbers_of(page) == std::vector<int>{2, 1});
    CHECK(page.count == audit_count_cap);
    CHECK(audit.search({.limit = 100'000}).entries.size() == audit_search::page_limit);
}

TEST_CASE("entries whose file was taken away are passed over", "[storage][audit_search]")
{
    audit_fixture audit;
    fill(audit);
    const auto files = audit.verify().files;
    const auto gone = static_cast<int>(lines_of(files[0]).size());
    std::filesystem::remove(files[0]);

    CHECK(numbers_of(audit.search({})) == numbers_where([gone](int n) { return n > gone; }));
    CHECK(audit.search({}).count == static_cast<std::size_t>(entries - gone));
}

TEST_CASE("entries are found in a file that was renamed while the server runs", "[storage][audit_search]")
{
    audit_fixture audit;
    fill(audit);
    std::filesystem::rename(audit.verify().files[0], audit.path + ".oldest");

    CHECK(audit.search({}).entries.size() == entries);
}

TEST_CASE("a line damaged behind the server's back is passed over and told of", "[storage][audit_search]")
{
    audit_fixture audit;
    audit.open();
    audit.append_numbered(1, 3);
    std::string text = read_all(audit.path);
    text[text.find('\n') + 1] = '[';
    write_all(audit.path, text);

    CHECK(numbers_of(audit.search({})) == std::vector<int>{3, 1});
    check_mentions(audit.log->health().problem, "latchkey audit verify");

    audit.open();
    CHECK(numbers_of(audit.search({})) == std::vector<int>{3, 1});
    check_mentions(audit.log->health().problem, "damaged line");
}
