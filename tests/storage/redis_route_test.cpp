#include "storage/redis_route.hpp"
#include "tests/storage/sample_replies.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/result_text.hpp"

#include <string_view>

namespace latchkey::test {
namespace {

using step = redis_route_step::kind;

const redis_address asked{.host = "a", .port = 1, .path = {}};

const result<redis_reply> lost{make_error_code(storage_errc::unavailable)};

} // namespace

TEST_CASE("an answer that is no redirection ends the way, errors of the command's own too",
          "[storage][redis]")
{
    CHECK(redis_route{redis_effect::once}.after(status_reply("OK"), asked).what == step::finish);
    CHECK(redis_route{redis_effect::read}.after(error_reply("WRONGTYPE x"), asked).what == step::finish);
    CHECK(redis_route{redis_effect::read}.after(error_reply("NOSCRIPT x"), asked).what == step::finish);
    CHECK(redis_route{redis_effect::once}.after(error_reply("NOREPLICAS x"), asked).what == step::finish);
}

TEST_CASE("MOVED is followed and makes the map be read; ASK is followed this once", "[storage][redis]")
{
    redis_route route{redis_effect::once}; // a redirected command was not executed

    const auto asking = route.after(error_reply("ASK 5 b:2"), asked);
    CHECK(asking.what == step::ask);
    CHECK(asking.where.to == redis_address{.host = "b", .port = 2, .path = {}});
    CHECK_FALSE(asking.wants_map);

    const auto moved = route.after(error_reply("MOVED 5 b:2"), asked);
    CHECK(moved.what == step::follow);
    CHECK(moved.where.slot == 5);
    CHECK(moved.wants_map);
}

TEST_CASE("nodes that send a command to and fro are not followed for ever", "[storage][redis]")
{
    redis_route route{redis_effect::read};
    int followed = 0;
    while (route.after(error_reply("MOVED 5 b:2"), asked).what == step::follow)
        REQUIRE(++followed < 100);
    CHECK(followed >= 5);
}

TEST_CASE("TRYAGAIN is tried again after a pause that grows, without a new map", "[storage][redis]")
{
    redis_route route{redis_effect::once};

    const auto first = route.after(error_reply("TRYAGAIN x"), asked);
    const auto second = route.after(error_reply("TRYAGAIN x"), asked);

    CHECK(first.what == step::pause);
    CHECK_FALSE(first.wants_map);
    CHECK(first.pause.count() > 0);
    CHECK(second.pause > first.pause);
}

TEST_CASE("a server that cannot serve now is waited for, and the map read again", "[storage][redis]")
{
    for (const std::string_view words : {"CLUSTERDOWN Hash slot not served", "LOADING x", "READONLY x"}) {
        CAPTURE(words);
        redis_route route{redis_effect::once}; // it was refused, so nothing has been executed
        const auto next = route.after(error_reply(words), asked);
        CHECK(next.what == step::pause);
        CHECK(next.wants_map);
    }
}

TEST_CASE("when a connection broke, only what may be executed twice is sent again", "[storage][redis]")
{
    CHECK(redis_route{redis_effect::read}.after(lost, asked).what == step::pause);
    CHECK(redis_route{redis_effect::idempotent}.after(lost, asked).what == step::pause);
    CHECK(redis_route{redis_effect::once}.after(lost, asked).what == step::give_up);
    CHECK(redis_route{redis_effect::once}.after(lost, asked).wants_map);

    redis_route route{redis_effect::read};
    int repeated = 0;
    while (route.after(lost, asked).what == step::pause)
        REQUIRE(++repeated < 100);
}

TEST_CASE("what was refused because too much waits is not sent again", "[storage][redis]")
{
    const result<redis_reply> full{make_error_code(storage_errc::overloaded)};
    CHECK(redis_route{redis_effect::read}.after(full, asked).what == step::give_up);
}

} // namespace latchkey::test
