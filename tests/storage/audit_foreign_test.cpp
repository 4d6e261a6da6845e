// Entries of other servers in the index of a log: found among its own as if all were in one file.
#include "tests/storage/audit_fixture.hpp"

using namespace latchkey;
using namespace latchkey::test;

namespace {

std::string line_of(const audit_entry& entry)
{
    return unchained_line(audit_text{entry});
}

std::vector<uuid> ids_of(const audit_page& page)
{
    std::vector<uuid> ids;
    for (const audit_entry& entry : page.entries)
        ids.push_back(entry.id);
    return ids;
}

std::vector<uuid> ids_of(std::initializer_list<int> numbers)
{
    std::vector<uuid> ids;
    for (const int n : numbers)
        ids.push_back(numbered_id(n));
    return ids;
}

// A log that hears of other servers.
struct shared_fixture : audit_fixture {
    explicit shared_fixture(std::size_t limit = 1000)
    {
        options.rotate_bytes = 5000;
        reopen(limit);
    }

    void reopen(std::size_t limit = 1000)
    {
        open();
        log->keep_foreign(limit);
    }

    void hear(const audit_entry& entry) const { REQUIRE(log->add_foreign(line_of(entry))); }
};

const audit_query queries[] = {
    {},
    {.limit = 7},
    {.limit = 7, .offset = 7},
    {.limit = 5, .offset = 58},
    {.limit = 0},
    {.username = "aLICE"},
    {.email = "BOB@example.com", .limit = 4, .offset = 2},
    {.username = "carol"},
    {.username = ""},
    {.action = "delete", .username = "bob"},
    {.resource_type = "user"},
    {.resource_id = numbered_id(1'000'001)},
    {.resource_target = "Token-11"},
    {.resource_target = "token-13"},
    {.resource_target = ""},
    {.request_id = numbered_id(2'000'042)},
    {.request_id = numbered_id(2'000'041)},
    {.from = numbered_entry(20).time, .to = numbered_entry(41).time},
    {.limit = 3, .after_id = numbered_id(40)},
    {.limit = 3, .after_id = numbered_id(41)},
    {.username = "bob", .limit = 2, .after_id = numbered_id(42)},
    {.limit = 3, .offset = 2, .after_id = numbered_id(31)},
    {.after_id = numbered_id(99)},
};

} // namespace

TEST_CASE("what some servers wrote is found as if one had written it", "[storage][audit_foreign]")
{
    audit_fixture alone;
    alone.options.rotate_bytes = 5000;
    alone.open();
    shared_fixture one;
    for (int n = 1; n <= 60; ++n) {
        REQUIRE(alone.append(numbered_entry(n)));
        if (n % 3 == 0)
            one.append_numbered(n, n);
        else if (n % 3 == 1)
            one.hear(numbered_entry(n)); // in the order of time, and
    }
    for (int n = 59; n >= 1; n -= 3)
        one.hear(numbered_entry(n)); // against it

    for (const audit_query& query : queries) {
        CAPTURE(&query - queries);
        const audit_page expected = alone.search(query);
        const audit_page page = one.search(query);
        CHECK(ids_of(page) == ids_of(expected));
        CHECK(page.count == expected.count);
    }
}

TEST_CASE("servers that know the same answer in the same order, where times are equal too",
          "[storage][audit_foreign]")
{
    shared_fixture one;
    shared_fixture other;
    for (int n = 1; n <= 60; ++n) {
        audit_entry entry = numbered_entry(n);
        entry.time = numbered_entry(n / 10).time;
        shared_fixture& writer = n % 2 == 0 ? one : other;
        REQUIRE(writer.append(entry));
        (n % 2 == 0 ? other : one).hear(entry);
    }

    for (const audit_query& query : queries) {
        CAPTURE(&query - queries);
        const audit_page page = one.search(query);
        const audit_page same = other.search(query);
        CHECK(ids_of(page) == ids_of(same));
        CHECK(page.count == same.count);
    }
    CHECK(one.search({}).entries.size() == 60);
}

TEST_CASE("an entry that is in the file and heard of as well counts once", "[storage][audit_foreign]")
{
    shared_fixture audit;
    audit.append_numbered(1, 30);
    audit.reopen(); // as after a restart: the stream still holds what this server wrote before
    for (int n = 1; n <= 30; ++n)
        audit.hear(numbered_entry(n));
    audit.hear(numbered_entry(31));
    audit.hear(numbered_entry(31)); // written twice: the first answer was lost

    const audit_page page = audit.search({.limit = 3});
    CHECK(page.count == 31);
    CHECK(ids_of(page) == ids_of({31, 30, 29}));
    CHECK(ids_of(audit.search({.limit = 3, .offset = 3})) == ids_of({28, 27, 26}));
    CHECK(ids_of(audit.search({.limit = 2, .after_id = numbered_id(31)})) == ids_of({30, 29}));
    CHECK(audit.search({.username = "alice"}).count == 15);
}

TEST_CASE("an entry whose file was taken away is found where it was heard of", "[storage][audit_foreign]")
{
    shared_fixture audit;
    audit.append_numbered(1, 60);
    const auto files = audit.verify().files;
    std::filesystem::remove(files[0]);
    REQUIRE(audit.search({.request_id = numbered_id(2'000'001)}).count == 0);

    audit.hear(numbered_entry(1));

    CHECK(audit.search({.request_id = numbered_id(2'000'001)}).count == 1);
}

TEST_CASE("what was written while the clock stood earlier comes later in the answer",
          "[storage][audit_foreign]")
{
    shared_fixture audit;
    audit.append_numbered(5, 6);
    audit.append_numbered(1, 2);
    audit.hear(numbered_entry(4));
    audit.hear(numbered_entry(3));

    CHECK(ids_of(audit.search({})) == ids_of({6, 5, 4, 3, 2, 1}));
}

TEST_CASE("of what was heard the newest is kept", "[storage][audit_foreign]")
{
    constexpr int chunk = audit_columns::chunk_rows;
    constexpr int heard = 3 * chunk;
    shared_fixture audit{1000};
    audit.append_numbered(1, 1);
    for (int n = 2; n <= heard; ++n)
        audit.hear(numbered_entry(n));
    const auto finds = [&](int n) {
        return audit.search({.request_id = numbered_id(2'000'000 + n)}).count == 1;
    };

    CHECK_FALSE(finds(2));
    CHECK_FALSE(finds(chunk));
    CHECK(finds(heard - 1000));
    CHECK(finds(heard));
    CHECK(finds(1)); // the file's own
    CHECK(audit.search({}).count == audit_count_cap);

    audit.log->drop_foreign();
    CHECK(audit.search({}).count == 1);
}

TEST_CASE("what is no entry is not taken for one", "[storage][audit_foreign]")
{
    const shared_fixture audit;
    const std::string line = line_of(numbered_entry(1));
    std::string chained;
    append_audit_line(chained, audit_text{numbered_entry(1)}, {.seq = 1});
    for (const std::string& text : {std::string{}, std::string{"{}"}, line + " ", line.substr(1), chained}) {
        CAPTURE(text);
        CHECK_FALSE(audit.log->add_foreign(text));
    }
    CHECK(audit.log->add_foreign(line));
}

TEST_CASE("an entry without a chain is read as it was written", "[storage][audit_line]")
{
    audit_entry entry = numbered_entry(7);
    entry.resource_target = "quotes \" and \n lines";
    entry.actor.reset();
    const std::string line = line_of(entry);
    CHECK(line.find("seq") == line.npos);
    CHECK(line.find("prev") == line.npos);

    const auto scanned = scan_unchained_line(line);

    REQUIRE(scanned);
    const audit_entry read = to_entry(*scanned);
    CHECK(read.id == entry.id);
    CHECK(read.time == entry.time);
    CHECK_FALSE(read.actor);
    CHECK(read.resource_target == entry.resource_target);
    CHECK(read.diff == entry.diff);
}
