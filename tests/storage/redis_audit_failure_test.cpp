// Audit logs over a Redis that is away, does not answer, loses answers or refuses: no act pays for it, and
// in the end each server finds each entry once.
#include "tests/storage/redis_audit_fixture.hpp"
#include "tests/support/redis_proxy.hpp"

using namespace latchkey;
using namespace latchkey::test;
using namespace std::chrono_literals;

TEST_CASE("without Redis acts are recorded, a search is unavailable, and others hear of them later",
          "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint()};
    audit_server other{redis.endpoint()};
    one.append(1, 3);
    REQUIRE(other.count() == 3);

    redis.kill();
    one.append(4, 9);
    CHECK(one.search().error() == storage_errc::unavailable);
    CHECK(other.search().error() == storage_errc::unavailable);
    CHECK(one.log->unsent() == 6);
    CHECK(one.log->health().can_write);
    check_mentions(one.log->health().problem, "6 audit entries wait for Redis");
    CHECK(lines_of(one.file.path).size() == 9);

    redis.start(); // empty
    one.wait_for(9);
    one.wait_until_sent();
    other.wait_for(6); // the first three went with the Redis that held them
    CHECK(other.found() == numbers_down(9, 4));
    CHECK(one.log->health().problem.empty());
}

TEST_CASE("what waits for Redis is sent without anybody's asking", "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint()};
    one.append(1, 1);
    redis.kill();
    one.append(2, 2);
    redis.start();

    CHECK(becomes_true([&] {
        redis_context().run_one_for(10ms); // the periodic work
        return one.log->unsent() == 0;
    }));
    CHECK(length_of_stream(redis) == 1);
}

TEST_CASE("what does not fit while Redis is away is counted, and is in the file", "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint(), {.outbox_limit = 5}};
    redis.kill();
    one.append(1, 8);
    CHECK(one.log->unsent() == 5);
    check_mentions(one.log->health().problem, "3 audit entries are in this server's file only");
    redis.start();
    one.wait_until_sent();

    audit_server other{redis.endpoint()};
    CHECK(other.found() == numbers_down(8, 4));
    CHECK(one.found() == numbers_down(8, 1));
}

TEST_CASE("a Redis that does not answer delays one act by its deadline, and no more", "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint(), {}, {.command_deadline = 1s}};
    one.append(1, 1);

    redis.pause();
    const auto begin = std::chrono::steady_clock::now();
    one.append(2, 101); // 100 s, if each waited
    const auto taken = std::chrono::steady_clock::now() - begin;
    redis.resume();

    CHECK(taken < 60s);
    one.wait_until_sent();
    audit_server other{redis.endpoint()};
    // One whose answer was late may be there twice, and is found once.
    CHECK(length_of_stream(redis) >= 101);
    CHECK(other.found({.limit = 200}) == numbers_down(101, 1));
    CHECK(one.found({.limit = 200}) == numbers_down(101, 1));
}

TEST_CASE("an entry whose answer from Redis was lost is found once", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    redis_proxy proxy{redis.port()};
    redis_endpoint through = redis.endpoint();
    through.address.port = proxy.port();
    audit_server one{through};
    audit_server other{redis.endpoint()};
    one.append(1, 1);
    proxy.lose_answer_to("XADD");

    one.append(2, 2);
    CHECK(proxy.lost() == 1);
    one.wait_until_sent();

    CHECK(length_of_stream(redis) == 3);
    CHECK(other.found() == numbers_down(2, 1));
    CHECK(other.count() == 2);
    one.wait_for(2);
}

TEST_CASE("entries of one turn that Redis does not take all wait for it", "[redis_audit]")
{
    redis_server redis;
    audit_server one{redis.endpoint()};
    one.append_together(1, 5);
    REQUIRE(redis.ask({"SET", audit_stream, "not a stream"}).is_ok());
    one.append_together(6, 9);
    CHECK(one.log->unsent() == 4);
    check_mentions(one.log->health().problem, "WRONGTYPE");
    redis.kill();
    one.append_together(10, 20);
    CHECK(one.log->unsent() == 15);

    redis.start(); // empty
    one.wait_until_sent();
    audit_server other{redis.endpoint()};
    CHECK(other.found() == numbers_down(20, 6));
}

TEST_CASE("an entry that was lost with the connection is sent again, whatever became of its act",
          "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    redis_proxy proxy{redis.port()};
    redis_endpoint through = redis.endpoint();
    through.address.port = proxy.port();
    audit_server one{through};
    one.append(1, 1);
    proxy.lose_answer_to("XADD");

    REQUIRE(run_redis(one.log->append(numbered_entry(2))));
    CHECK_FALSE(run_redis(one.store->delete_key(sample_key_id(7))));
    CHECK(proxy.lost() == 1);
    one.wait_until_sent();

    audit_server other{redis.endpoint()};
    CHECK(other.found() == numbers_down(2, 1));
}

TEST_CASE("a Redis that refuses the stream is told of, and costs no act", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    REQUIRE(redis.ask({"SET", audit_stream, "not a stream"}).is_ok());

    one.append(1, 2);

    CHECK(one.search().error() == storage_errc::unavailable);
    check_mentions(one.log->health().problem, "WRONGTYPE");
    CHECK(one.log->health().can_write);
    CHECK(one.store->health().can_write);

    redis.ask({"DEL", audit_stream});
    one.wait_until_sent();
    CHECK(one.found() == numbers_down(2, 1));
    CHECK(one.log->health().problem.empty());
    audit_server other{redis.endpoint()};
    CHECK(other.found() == numbers_down(2, 1));
}

TEST_CASE("what is not in the file is not in the stream", "[redis_audit]")
{
    const redis_server& redis = empty_redis();
    audit_server one{redis.endpoint()};
    one.append(1, 1);
    one.file.log->close();

    CHECK(run_redis(one.log->append(numbered_entry(2))).error() == storage_errc::unavailable);

    CHECK(length_of_stream(redis) == 1);
}
