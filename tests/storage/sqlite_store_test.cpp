// What the sqlite store promises beyond the contract suite: durability, its file, and a disk that fails.
#include "storage/sqlite_schema.hpp"
#include "tests/storage/sqlite_fixture.hpp"
#include "tests/support/file_text.hpp"

#include <fstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

namespace {

// Runs `work` in a process of its own that dies without any cleaning up, as by kill -9.
template <class Work>
void in_killed_process(Work work)
{
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(work() ? 0 : 1);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
}

// Without Catch, whose bookkeeping belongs to the parent.
template <class T>
bool is_done(task<result<T>> work)
{
    asio::io_context context{1};
    bool succeeded = false;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, result<T> outcome) {
        succeeded = !thrown && outcome.has_value();
    });
    context.run();
    return succeeded;
}

} // namespace

TEST_CASE("what was stored is there after an orderly restart")
{
    sqlite_fixture store;
    const uuid owner = store.add_user(1);
    const uuid deleted = store.add_user(2);
    store.add_token(1, owner);
    store.add_token(2, owner);
    store.add_token(3, deleted);
    user changed = sample_user(4, store.now());
    changed.roles = role_set{role::owner};
    changed.login = login_type::none;
    changed.is_service_account = true;
    changed.email.clear();
    REQUIRE(run_task(store->insert_user(changed)));
    REQUIRE(run_task(store->delete_key(sample_key_id(2))));
    REQUIRE(run_task(store->delete_user(deleted, store.now())));
    store->record_use(sample_key_id(1), store.now() + 3s);
    store->record_seen(owner, store.now() + 4s);
    const auto key_before = run_task(store->find_key(sample_key_id(1)));

    store.reopen();

    const auto key = run_task(store->find_key(sample_key_id(1)));
    REQUIRE(key);
    CHECK(key->key.secret_digest == key_before->key.secret_digest);
    CHECK(key->key.kind == digest_kind::sha256);
    CHECK(key->key.created_at == key_before->key.created_at);
    CHECK(key->key.expires_at == key_before->key.expires_at);
    CHECK(key->key.lifetime == 1h);
    CHECK(key->key.name == "token-1");
    CHECK(*key->key.rights == *all_rights());
    CHECK(key->last_used == store.now() + 3s);
    CHECK(run_task(store->find_user(owner))->last_seen_at == store.now() + 4s);
    CHECK(run_task(store->find_user(owner))->password_hash == "$argon2id$sample");
    CHECK_FALSE(store.is_found(sample_key_id(2)));
    CHECK_FALSE(store.is_found(sample_key_id(3)));
    CHECK(run_task(store->find_user(deleted))->is_deleted);
    const auto service = run_task(store->find_user(changed.id));
    REQUIRE(service);
    CHECK(service->roles == role_set{role::owner});
    CHECK(service->login == login_type::none);
    CHECK(service->is_service_account);
    CHECK(run_task(store->insert_user(sample_user(2, store.now()))).error() == storage_errc::id_taken);
    store.add_token(5, owner); // new rows go behind the old ones
}

TEST_CASE("what was acknowledged survives a kill at once")
{
    sqlite_fixture store;
    const uuid owner = store.add_user(1);
    store.add_token(1, owner);
    store.add_token(2, owner);
    store.close();

    in_killed_process([&] {
        auto opened = store.try_open();
        if (!opened) return false;
        sqlite_store& inside = **opened;
        return is_done(inside.insert_key(sample_token(3, owner, store.now()))) &&
               is_done(inside.delete_key(sample_key_id(1))) &&
               is_done(inside.expire_key(sample_key_id(2), store.now())) &&
               (opened->release(), true); // no destructor: nothing is closed
    });
    store.open();

    CHECK(store.is_found(sample_key_id(3)));
    CHECK_FALSE(store.is_found(sample_key_id(1)));
    CHECK(store->lookup(sample_key_id(2)).key->expires_at == store.now());
    CHECK(store->lookup(sample_key_id(2)).key->kind == digest_kind::wiped);
}

TEST_CASE("keys of a dropped epoch stay dead after a kill before they were swept")
{
    sqlite_fixture store;
    const uuid owner = store.add_user(1);
    for (std::uint32_t number = 1; number <= 600; ++number)
        store.add_token(number, owner);
    store.close();

    in_killed_process([&] {
        auto opened = store.try_open();
        if (!opened) return false;
        user_change change;
        change.drop_keys = true;
        return is_done((*opened)->change_user(owner, change)) && (opened->release(), true);
    });
    store.open();

    CHECK(run_task(store->list_all_keys(owner))->empty());
    CHECK_FALSE(store.is_found(sample_key_id(1)));
    store.sweep();
    store.close();
    CHECK(store.ask("SELECT count(*) FROM keys") == 0);
}

TEST_CASE("the hash of an expired or deleted key is gone from the bytes of the file")
{
    sqlite_fixture store;
    const uuid owner = store.add_user(1);
    for (std::uint32_t number = 1; number <= 300; ++number) {
        key_record key = sample_token(number, owner, store.now());
        key.secret_digest = distinct_digest(number);
        if (number % 3 == 0) key.expires_at = store.now() + 1s;
        REQUIRE(run_task(store->insert_key(key)));
        if (number % 3 == 1) REQUIRE(run_task(store->delete_key(key.id)));
    }
    REQUIRE(store.holds(bytes_of(distinct_digest(3))));

    store.pass(1s);
    store.close();

    for (std::uint32_t number = 1; number <= 300; ++number) {
        CAPTURE(number);
        CHECK(store.holds(bytes_of(distinct_digest(number))) == (number % 3 == 2));
    }
    store.open();
    CHECK(store->lookup(sample_key_id(3)).key->kind == digest_kind::wiped);
}

TEST_CASE("a new database is readable by its owner alone")
{
    const sqlite_fixture store;

    struct stat found {};
    REQUIRE(::stat(store.path().c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
}

TEST_CASE("a second store on the same file is refused")
{
    const sqlite_fixture store;

    SECTION("in this process")
    {
        const auto second = store.try_open();
        REQUIRE_FALSE(second);
        CHECK(second.error().code == storage_errc::unavailable);
        CHECK_THAT(second.error().message, Catch::Contains("in use by another process"));
    }
    SECTION("in another one, even after a refusal here")
    {
        CHECK_FALSE(store.try_open());
        in_killed_process([&] {
            const auto second = store.try_open();
            return !second && second.error().code == storage_errc::unavailable;
        });
    }
}

TEST_CASE("a file that is not ours is refused in one line, and not touched")
{
    temporary_directory directory;
    const fake_clock time;
    const std::string path = directory.file("other.db");
    storage_errc expected{};
    std::string reason;

    SECTION("text")
    {
        std::ofstream{path} << std::string(5000, 'x');
        expected = storage_errc::bad_file;
        reason = "not one of Latchkey's";
    }
    SECTION("another program's database")
    {
        auto other = sqlite_database::open(path);
        REQUIRE(other);
        REQUIRE(other->execute("CREATE TABLE bookmarks (url TEXT)"));
        expected = storage_errc::bad_file;
        reason = "belongs to another program";
    }
    SECTION("a newer version's database")
    {
        auto newer = sqlite_database::open(path);
        REQUIRE(newer);
        const std::vector<const char*> steps(sqlite_migrations().size() + 1, "SELECT 1");
        REQUIRE(prepare_schema(*newer, steps));
        REQUIRE(newer->checkpoint(sqlite_database::old_log::erased));
        expected = storage_errc::bad_file;
        reason = "start the newer server again";
    }
    SECTION("a directory")
    {
        std::filesystem::create_directory(path);
        expected = storage_errc::unavailable;
        reason = "not a regular file";
    }
    const std::string before = contents_of(path);

    const auto opened = sqlite_store::open(path, time, {});

    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == expected);
    CHECK_THAT(opened.error().message, Catch::Contains(reason) && Catch::Contains(path));
    CHECK(opened.error().message.find('\n') == std::string::npos);
    CHECK(contents_of(path) == before);
}

TEST_CASE("a path where no file can be made is refused with the reason")
{
    temporary_directory directory;
    const fake_clock time;

    const auto opened = sqlite_store::open(directory.file("missing/test.db"), time, {});

    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == storage_errc::unavailable);
    CHECK_THAT(opened.error().message, Catch::Contains("No such file or directory"));
}

TEST_CASE("a damaged row stops the start and is named")
{
    struct damage {
        const char* sql;
        const char* reason;
    };
    const damage row = GENERATE(values<damage>({
        {"UPDATE keys SET id = 'short'", "key in row 1: a field"},
        {"UPDATE keys SET digest = x'00'", "key in row 1: a field"},
        {"UPDATE keys SET owner = 77", "its owner is missing"},
        {"UPDATE keys SET scopes = '{'", "its scopes or allow list"},
        {"INSERT INTO keys SELECT 9, id, owner, owner_epoch, login, digest_kind, digest, created_at, "
         "expires_at, lifetime, last_used, 'other', scopes, allow_list FROM keys",
         "key in row 9: its id or name occurs twice"},
        {"UPDATE users SET id = 'nobody'", "user in row 1: a field"},
    }));
    CAPTURE(row.sql);
    sqlite_fixture store;
    store.add_token(1, store.add_user(1));
    store.close();
    REQUIRE(store.ask(row.sql) == std::nullopt); // no rows come back

    const auto opened = store.try_open();

    REQUIRE_FALSE(opened);
    CHECK(opened.error().code == storage_errc::bad_file);
    CHECK_THAT(opened.error().message, Catch::Contains(row.reason));
}

TEST_CASE("a file of an older version is brought up to date, step by step, and once")
{
    temporary_directory directory;
    auto database = sqlite_database::open(directory.file("old.db"));
    REQUIRE(database);
    const std::vector<const char*> first{"CREATE TABLE things (a INTEGER)"};
    const std::vector<const char*> both{first[0], "ALTER TABLE things ADD COLUMN b INTEGER DEFAULT 5"};

    REQUIRE(prepare_schema(*database, first));
    REQUIRE(database->execute("INSERT INTO things VALUES (1)"));
    REQUIRE(prepare_schema(*database, both));
    REQUIRE(prepare_schema(*database, both));

    CHECK(database->ask("PRAGMA user_version") == 2);
    CHECK(database->ask("PRAGMA application_id") == sqlite_application_id);
    CHECK(database->ask("SELECT b FROM things") == 5);
}

TEST_CASE("a file keeps the key of its ids, and takes another's as long as it has no users")
{
    const siphash_key other{1, 2, 3};
    sqlite_fixture store;
    const auto first = store->id_tag_key();
    REQUIRE(first);
    CHECK(store->id_prefix(sample_uuid(1)) == id_tag_of(sample_uuid(1), *first));
    store.reopen();
    CHECK(store->id_tag_key() == first);
    store.close();

    sqlite_options taking{.retention = retention};
    taking.id_tag_key = other;
    const auto open_with = [&](const sqlite_options& options) {
        auto opened = sqlite_store::open(store.path(), store.time, options);
        REQUIRE(opened.has_value());
        return std::move(*opened);
    };
    CHECK(open_with(taking)->id_tag_key() == other);
    {
        const auto with_user = open_with({.retention = retention});
        CHECK(with_user->id_tag_key() == other);
        REQUIRE(run_task(with_user->insert_user(sample_user(1, store.now()))));
    }
    taking.id_tag_key = first;
    CHECK(open_with(taking)->id_tag_key() == other);
}

TEST_CASE("a database of version 1 gets a key for the ids to come, and keeps its own")
{
    sqlite_fixture store;
    store.close();
    {
        auto database = sqlite_database::open(store.path());
        REQUIRE(database);
        REQUIRE(
            database->execute("DROP TABLE settings; DROP TABLE kept_audit_lines; PRAGMA user_version = 1"));
    }
    store.open();
    CHECK(store->id_tag_key());
    CHECK(store->id_prefix(sample_uuid(1)).size() == id_tag_length);
}

TEST_CASE("a migration that fails leaves the version it started from")
{
    temporary_directory directory;
    auto database = sqlite_database::open(directory.file("old.db"));
    REQUIRE(database);
    const std::vector<const char*> steps{"CREATE TABLE things (a INTEGER)",
                                         "CREATE TABLE more (a INTEGER); SELECT nonsense"};

    CHECK_FALSE(prepare_schema(*database, steps));

    CHECK(database->ask("PRAGMA user_version") == 1);
    CHECK(database->ask("SELECT count(*) FROM sqlite_schema") == 1);
}

TEST_CASE("after closing, changes are unavailable and reads go on")
{
    sqlite_fixture store;
    const key_id id = store.add_token(1, store.add_user(1));

    store->close();

    CHECK(store.is_found(id));
    CHECK(run_task(store->delete_key(id)).error() == storage_errc::unavailable);
    CHECK(store.is_found(id));
}
