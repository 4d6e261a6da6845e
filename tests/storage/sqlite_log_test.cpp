// What becomes of the write-ahead log of the sqlite store: kept for the next transactions, given back, and
// emptied of what may not be read any more.
#include "tests/storage/sqlite_fixture.hpp"
#include "tests/support/patience.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

std::uintmax_t log_size(const sqlite_fixture& store)
{
    return std::filesystem::file_size(store.path() + "-wal");
}

key_record token_with_distinct_digest(std::uint32_t number, const uuid& owner, time_point now)
{
    key_record key = sample_token(number, owner, now);
    key.secret_digest = distinct_digest(number);
    return key;
}

// Whether a checkpoint has moved it out of the log.
bool is_in_database(const sqlite_fixture& store, std::string_view bytes)
{
    return becomes_true([&] { return contents_of(store.path()).find(bytes) != std::string::npos; });
}

} // namespace

TEST_CASE("an idle store moves its log into the database and writes over it next")
{
    sqlite_fixture store{{.retention = retention, .log_keeping = 1h}};
    const uuid owner = store.add_user(1);
    REQUIRE(run_task(store->insert_key(token_with_distinct_digest(1, owner, store.now()))));
    REQUIRE(is_in_database(store, bytes_of(distinct_digest(1))));
    const auto size = log_size(store);
    CHECK(size > 0);

    SECTION("of which a crash leaves what was committed since, and nothing older")
    {
        for (std::uint32_t number = 2; number < 5; ++number)
            store.add_token(number, owner);
        const temporary_directory elsewhere;
        const auto copy = sqlite_store::open(store.copy_to(elsewhere), store.time, {});
        REQUIRE(copy);
        for (std::uint32_t number = 1; number < 5; ++number)
            CHECK((*copy)->lookup(sample_key_id(number)).what == key_lookup::outcome::found);
        CHECK(log_size(store) == size);
    }
    SECTION("which is not there any more once it is closed")
    {
        store.close();
        CHECK_FALSE(std::filesystem::exists(store.path() + "-wal"));
    }
}

TEST_CASE("a store that stays idle gives back the place of its log")
{
    sqlite_fixture store{{.retention = retention, .log_keeping = 1ms}};
    const uuid owner = store.add_user(1);
    for (std::uint32_t number = 1; number < 4; ++number) {
        store.add_token(number, owner);
        CHECK(becomes_true([&] { return log_size(store) == 0; }));
    }
}

TEST_CASE("a busy store moves a long log into the database, and erases with it what must be")
{
    sqlite_fixture store{{.retention = retention, .longest_log = 1, .log_keeping = 1h}};
    const uuid owner = store.add_user(1);
    REQUIRE(run_task(store->insert_key(token_with_distinct_digest(1, owner, store.now()))));
    CHECK(is_in_database(store, bytes_of(distinct_digest(1))));
    REQUIRE(run_task(store->delete_key(sample_key_id(1))));
    CHECK(becomes_true([&] { return !store.holds(bytes_of(distinct_digest(1))); }));
}

TEST_CASE("a running store erases within seconds what must not be read any more")
{
    sqlite_fixture store{{.retention = retention, .log_keeping = 1h}};
    const uuid owner = store.add_user(1);
    REQUIRE(run_task(store->insert_key(token_with_distinct_digest(1, owner, store.now()))));
    SECTION("while it is in the log") {}
    SECTION("once it is in the database, with a copy in the old log")
    {
        REQUIRE(is_in_database(store, bytes_of(distinct_digest(1))));
    }

    SECTION("the hash of an expired key")
    {
        store.time.advance(1h);
        CHECK(becomes_true([&] { return !store.holds(bytes_of(distinct_digest(1))); }));
    }
    SECTION("the hash of a deleted key")
    {
        REQUIRE(run_task(store->delete_key(sample_key_id(1))));
        CHECK(becomes_true([&] { return !store.holds(bytes_of(distinct_digest(1))); }));
    }
    SECTION("the hash of an old password")
    {
        REQUIRE(store.holds("$argon2id$sample"));
        REQUIRE(
            run_task(store->change_user(owner, {.password_hash = "$argon2id$other", .now = store.now()})));
        CHECK(becomes_true([&] { return !store.holds("$argon2id$sample"); }));
        CHECK(store.holds("$argon2id$other"));
    }
    SECTION("while others go on writing")
    {
        REQUIRE(run_task(store->delete_key(sample_key_id(1))));
        std::uint32_t number = 2;
        CHECK(becomes_true([&] {
            store.add_token(number++, owner);
            return !store.holds(bytes_of(distinct_digest(1)));
        }));
    }
}
