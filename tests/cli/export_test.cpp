// export and import: what goes over, what is refused, and that an import is its own repair.
#include "auth/key_minting.hpp"
#include "auth/verifier.hpp"
#include "storage/redis_standalone.hpp"
#include "storage/redis_store.hpp"
#include "storage/sqlite_store.hpp"
#include "tests/cli/command_run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/file_text.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/result_text.hpp"
#include "tests/support/run_task.hpp"
#include "tests/support/sample_records.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <filesystem>

using namespace latchkey;
using namespace latchkey::test;

namespace {

const steady_wall_clock wall;

std::unique_ptr<store> open_sqlite(const std::string& path)
{
    auto opened = sqlite_store::open(path, wall, {.retention = std::chrono::hours{24}});
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

std::unique_ptr<store> open_redis(const redis_server& server, asio::io_context& context)
{
    redis_client_factory clients = [&server](executor where, redis_tracking tracking) {
        return std::make_unique<redis_standalone>(
            where, server.endpoint(), nullptr, redis_limits{}, std::move(tracking));
    };
    auto opened = run_task_on(context, redis_store::open(std::move(clients), wall, {}));
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

// A database with three users, of whom one is suspended, and tokens of the first two.
struct origin {
    command_shell shell{""};
    std::string path = "sqlite:" + shell.file("origin.db");
    std::vector<std::string> tokens;

    explicit origin(std::size_t count)
    {
        asio::io_context context;
        const auto records = open_sqlite(shell.file("origin.db"));
        for (std::uint32_t number = 1; number <= 3; ++number) {
            user one = sample_user(number, wall.now());
            if (number == 2) one.status = user_status::suspended;
            if (number == 3) one.roles = role::owner;
            one.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$abc$def";
            REQUIRE(run_task_on(context, records->insert_user(std::move(one))));
        }
        for (std::size_t number = 0; number < count; ++number) {
            key_record draft = draft_key(sample_uuid(number % 2 == 0 ? 1 : 3),
                                         login_type::token,
                                         {{"user:read"}, {"user:*"}},
                                         wall.now(),
                                         std::chrono::hours{1});
            draft.name = "token-" + std::to_string(number);
            auto minted = run_task_on(context, mint_key(*records, pepper_set{}, std::move(draft)));
            REQUIRE(minted.has_value());
            tokens.emplace_back(minted->expose());
        }
        key_record dead = sample_token(1, sample_uuid(1), wall.now() - std::chrono::hours{2});
        REQUIRE(run_task_on(context, records->insert_key(std::move(dead))));
    }

    std::string exported() const
    {
        const std::string file = shell.file("export-" + std::to_string(++count_) + ".jsonl");
        const command_result done = shell.run({"export", "--store", path, file});
        INFO(done.err);
        REQUIRE(done.status == 0);
        return file;
    }

private:
    mutable int count_ = 0;
};

std::size_t accepted(store& records, asio::io_context& context, const std::vector<std::string>& tokens)
{
    const pepper_set no_peppers;
    verifier check{records, no_peppers, wall, {}};
    return static_cast<std::size_t>(std::ranges::count_if(tokens, [&](const std::string& token) {
        return run_task_on(context, check.inspect(token)).what == verdict::accepted;
    }));
}

std::string without_first_line(const std::string& text)
{
    return text.substr(text.find('\n') + 1);
}

} // namespace

TEST_CASE("what was exported from SQLite verifies after an import into Redis, and into SQLite",
          "[cli][export]")
{
    const origin from{500};
    const std::string file = from.exported();
    asio::io_context context;

    SECTION("Redis, which then exports the same")
    {
        const redis_server server;
        const command_result done = from.shell.run({"import", "--store", server.url(), file});
        INFO(done.err);
        REQUIRE(done.status == 0);
        CHECK(done.out ==
              "users: 3 read: 3 added, 0 there already\nkeys:  500 read: 500 added, 0 there already\n");
        const auto records = open_redis(server, context);
        CHECK(accepted(*records, context, from.tokens) == 500);
        std::vector<std::string> wrong{from.tokens.front()};
        wrong[0].back() = wrong[0].back() == 'x' ? 'y' : 'x';
        CHECK(accepted(*records, context, wrong) == 0);
        const auto keys = run_task_on(context, records->list_all_keys(sample_uuid(1)));
        REQUIRE(keys);
        CHECK(keys->size() == 250);
        CHECK(keys->front().key.rights->scopes == std::vector<std::string>{"user:read"});

        const command_result back = from.shell.run({"export", "--store", server.url()});
        CHECK(without_first_line(back.out) == without_first_line(contents_of(file)));
    }
    SECTION("SQLite")
    {
        const std::string target = from.shell.file("target.db");
        REQUIRE(from.shell.run({"import", "--store", "sqlite:" + target, file}).status == 0);
        const auto records = open_sqlite(target);
        CHECK(accepted(*records, context, from.tokens) == 500);
        const auto suspended = run_task_on(context, records->find_user(sample_uuid(2)));
        REQUIRE(suspended);
        CHECK(suspended->status == user_status::suspended);
        CHECK(run_task_on(context, records->find_user(sample_uuid(3)))->roles == role_set{role::owner});
    }
}

TEST_CASE("an export is for its owner's eyes, replaces nothing, and holds no dead key", "[cli][export]")
{
    const origin from{3};
    const std::string file = from.exported();

    CHECK(std::filesystem::status(file).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    const std::string text = contents_of(file);
    CHECK(std::ranges::count(text, '\n') == 1 + 3 + 3 + 1);
    for (const std::string& token : from.tokens)
        CHECK_FALSE(holds(text, token.substr(token.find('-') + 1)));
    CHECK(text.ends_with("{\"end\":{\"users\":3,\"keys\":3}}\n"));
    const command_result again = from.shell.run({"export", "--store", from.path, file});
    CHECK(again.status == 1);
    CHECK(holds(again.err, "File exists"));
    CHECK(contents_of(file) == text);
    CHECK(from.shell.run({"export", "--store", "sqlite:" + from.shell.file("none.db")}).status == 1);
    CHECK_FALSE(std::filesystem::exists(from.shell.file("none.db")));
    CHECK(from.shell.run({"export", "--store", "memory:"}).status == 2);
    CHECK(from.shell.run({"export", "--store", "redis://127.0.0.1:1"}).status == 4);
}

TEST_CASE("an import that was cut off goes on when it is run again", "[cli][export]")
{
    const origin from{40};
    const std::string text = contents_of(from.exported());
    const std::string target = "sqlite:" + from.shell.file("target.db");

    // Cut in the middle of a line, as a full disk leaves it.
    const command_result cut =
        from.shell.run({"import", "--store", target, "-"}, text.substr(0, text.size() / 2));
    CHECK(cut.status == 1);
    CHECK(holds(cut.err, "the file is cut off"));
    const command_result whole = from.shell.run({"import", "--store", target, "-"}, text);
    INFO(whole.err);
    CHECK(whole.status == 0);
    CHECK(holds(whole.out, "keys:  40 read: "));
    CHECK_FALSE(holds(whole.out, " 40 added"));

    std::string fewer = text;
    const auto line = fewer.find("{\"key\"");
    fewer.erase(line, fewer.find('\n', line) + 1 - line);
    const command_result missing = from.shell.run({"import", "--store", target, "-"}, fewer);
    CHECK(missing.status == 1);
    CHECK(holds(missing.err, "line 44: the file does not hold as many records as this line says"));
}

TEST_CASE("keys of other systems come in plain or hashed, by who owns them", "[cli][export]")
{
    const command_shell shell{""};
    const std::string target = "sqlite:" + shell.file("target.db");
    const std::string hash_hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const std::string hash_base64 = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"; // the same
    const std::string text =
        R"({"user":{"username":"bob","email":"bob@example.com"}})"
        "\n\n"
        R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"bob","name":"old","lifetime":"30d"}})"
        "\n"
        R"({"key":{"id":"abcdefghik","hash":")" +
        hash_hex +
        R"(","owner":"BOB@example.com","scopes":["user:read"],"expires_at":"2099-01-01T00:00:00Z"}})" +
        "\n"
        R"({"key":{"id":"abcdefghil","hash":")" +
        hash_base64 + R"(","owner":"bob","expires_at":"2099-01-01T00:00:00Z"}})" +
        "\n"
        R"({"key":{"id":"abcdefghim","hash":")" +
        hash_hex + R"(","owner":"bob","expires_at":"2001-01-01T00:00:00Z"}})" + "\n";
    for (const std::string expected : {"keys:  4 read: 3 added, 0 there already, 1 expired and left out\n",
                                       "keys:  4 read: 0 added, 3 there already, 1 expired and left out\n"}) {
        const command_result done = shell.run({"import", "--store", target, "-"}, text);
        INFO(done.err);
        CHECK(done.status == 0);
        CHECK(holds(done.out, expected));
    }
    asio::io_context context;
    const auto records = open_sqlite(shell.file("target.db"));
    CHECK(accepted(*records, context, {"abcdefghij-0123456789abcdefghijkl"}) == 1);
    const auto hex = run_task_on(context, records->ask(*key_id::parse("abcdefghik")));
    const auto base64 = run_task_on(context, records->ask(*key_id::parse("abcdefghil")));
    REQUIRE(hex);
    REQUIRE(base64);
    CHECK(hex->key.secret_digest == base64->key.secret_digest);
    CHECK(hex->key.rights->scopes == std::vector<std::string>{"user:read"});
    CHECK(base64->key.rights->scopes == std::vector<std::string>{"coder:all"});
}

TEST_CASE("what cannot be taken is named by its line, never by its text, and the rest goes in",
          "[cli][export]")
{
    const command_shell shell{""};
    const std::string target = "sqlite:" + shell.file("target.db");
    struct row {
        const char* line;
        const char* why;
    };
    const row rows[] = {
        {R"({"user":{"username":"bob","email":"bob@example.com"}})", nullptr},
        {R"({"user":{"username":"bob","email":"other@example.com"}})", "another user has this username"},
        {R"({"user":{"username":"me","email":"me@example.com"}})", "`username`: "},
        {R"({"user":{"id":"c42fdf75-3097-471c-8c33-fb52454d81c0","username":"eve","email":"e@e.e"}})",
         "`id` is that of the system's own user"},
        {R"({"user":{"username":"eve","email":"eve"}})", "`email` is no address"},
        {R"({"user":{"username":"eve","email":"e@e.e","password_hash":"$2y$10$x"}})",
         "`password_hash` is none of"},
        {R"({"user":{"username":"eve","email":"e@e.e","roles":["king"]}})", "`roles` holds one"},
        {R"({"key":{"token":"sk_live_hunter2","owner":"bob","lifetime":"1h"}})",
         "`token` is not of the form"},
        {R"({"key":{"id":"abcdefghij","hash":"hunter2","owner":"bob","lifetime":"1h"}})",
         "`hash` is no SHA-256"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"bob"}})",
         "neither `expires_at` nor"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"ann","lifetime":"1h"}})",
         "its owner is"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"bob","lifetime":"1h","scopes":["x"]}})",
         "`scopes` holds one"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"bob","lifetime":"1h","hunter2":1}})",
         "there is no field"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"bob","lifetime":"1h","name":"a"}})",
         nullptr},
        {R"({"key":{"token":"abcdefghik-0123456789abcdefghijkl","owner":"bob","lifetime":"1h","name":"a"}})",
         "its owner has another token of this name"},
        {R"({"key":{"token":"abcdefghij-0123456789abcdefghijkl","owner":"c42fdf75-3097-471c-8c33-fb52454d81c0",)"
         R"("lifetime":"1h"}})",
         "its owner is"},
        {"hunter2", "it is no record"},
        {"{}", "it is no record"},
        {R"({"thing":{}})", "it is none of"},
    };
    std::string text;
    for (const row& each : rows)
        text.append(each.line).append("\n");

    const command_result done = shell.run({"import", "--store", target, "-"}, text);

    CHECK(done.status == 1);
    CHECK(holds(done.out, "users: 2 read: 1 added, 0 there already, 1 refused"));
    CHECK(holds(done.out, "keys:  4 read: 1 added, 0 there already, 3 refused"));
    for (std::size_t at = 0; at < std::size(rows); ++at) {
        CAPTURE(rows[at].line, done.err);
        const std::string told = "line " + std::to_string(at + 1) + ": ";
        CHECK(holds(done.err, told) == (rows[at].why != nullptr));
        if (rows[at].why) CHECK(holds(done.err, told + rows[at].why));
    }
    CHECK_FALSE(holds(done.err, "0123456789abcdefghijkl"));
}

TEST_CASE("who is there already under another id keeps it, and gets his tokens", "[cli][export]")
{
    const origin from{4};
    const std::string file = from.exported();
    const std::string target = from.shell.file("target.db");
    asio::io_context context;
    {
        const auto records = open_sqlite(target);
        user one = sample_user(1, wall.now());
        one.id = sample_uuid(77);
        REQUIRE(run_task_on(context, records->insert_user(std::move(one))));
    }
    const command_result done = from.shell.run({"import", "--store", "sqlite:" + target, file});
    INFO(done.err);
    CHECK(done.status == 0);
    CHECK(holds(done.out, "users: 3 read: 2 added, 1 there already"));
    const auto records = open_sqlite(target);
    CHECK(accepted(*records, context, from.tokens) == 4);
    CHECK(run_task_on(context, records->list_all_keys(sample_uuid(77)))->size() == 2);
}

TEST_CASE("a Redis with users of its own takes no keys that it could not find", "[cli][export]")
{
    const origin from{4};
    const std::string file = from.exported();
    const redis_server server;
    asio::io_context context;
    {
        const auto records = open_redis(server, context);
        REQUIRE(run_task_on(context, records->insert_user(sample_user(9, wall.now()))));
    }
    const command_result done = from.shell.run({"import", "--store", server.url(), file});
    CHECK(done.status == 1);
    CHECK(holds(done.err, "users of another deployment"));

    const std::string foreign = without_first_line(contents_of(file));
    const command_result without = from.shell.run({"import", "--store", server.url(), "-"}, foreign);
    CHECK(without.status == 1);
    CHECK(holds(without.err, "its id is of another system"));
    CHECK(holds(without.out, "keys:  4 read: 0 added, 0 there already, 4 refused"));
}
